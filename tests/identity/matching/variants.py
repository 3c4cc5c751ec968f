"""Made-up persons with several records each, as registers and catalogues hold them: the truth is known."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from cdp_spark.config.matching import Kind
from cdp_spark.simulate.names import words
from cdp_spark.simulate.typos import misspelt

NICKNAMES = {
    "william": "bill", "robert": "bob", "elizabeth": "betty", "margaret": "peggy", "john": "jack", "henry": "harry",
    "mary": "molly", "james": "jim", "richard": "dick", "edward": "ned", "sarah": "sally", "thomas": "tom",
}  # fmt: skip
MEN = words(
    "john william thomas george james charles henry robert joseph edward richard samuel walter arthur "
    "frederick peter david alexander francis benjamin hugh edmund ralph philip stephen nathaniel gilbert "
    "simon oliver roger"
)
WOMEN = words(
    "mary elizabeth anne sarah jane margaret alice ellen martha emma charlotte frances catherine harriet "
    "caroline florence dorothy louisa agnes rebecca eleanor lucy isabella edith maud beatrice winifred "
    "susan ruth violet"
)
TITLES = words("sir lord dr rev captain 1st_baron_{} 2nd_earl_of_{} 3rd_baronet the_elder of_{}")
JOBS = words(
    "politician cricketer footballer writer painter composer priest officer architect engineer actor "
    "lawyer physician botanist banker historian poet photographer singer judge"
)
HISTORICAL_KINDS = {
    "full_name": Kind.PERSON_NAME, "first_and_surname": Kind.PERSON_NAME, "first_name": Kind.GIVEN_NAME,
    "surname": Kind.FAMILY_NAME, "dob": Kind.DATE, "birth_place": Kind.PLACE, "postcode_fake": Kind.POSTCODE,
    "gender": Kind.CATEGORY, "occupation": Kind.CATEGORY,
}  # fmt: skip
FEBRL_KINDS = {
    "given_name": Kind.GIVEN_NAME, "surname": Kind.FAMILY_NAME, "street_number": Kind.HOUSE_NUMBER,
    "address_1": Kind.STREET, "address_2": Kind.STREET, "suburb": Kind.PLACE, "postcode": Kind.POSTCODE,
    "state": Kind.CATEGORY, "date_of_birth": Kind.DATE, "soc_sec_id": Kind.IDENTIFIER_NUMBER,
}  # fmt: skip
Row = dict[str, str | None]


@dataclass(frozen=True)
class Truth:
    """Records with ``id``, the kinds of their columns, and the person of every id."""

    records: pa.Table
    kinds: dict[str, Kind]
    person: dict[str, int]


def historical(people: int, seed: int = 7, most: int = 21) -> Truth:
    """Persons of catalogues: up to ``most`` variants of names, dates, places and postcodes each."""
    dice = random.Random(seed)
    world = _World(dice, people)
    rows: list[tuple[int, Row]] = []
    family = None
    for person in range(people):
        family = family if family and dice.random() < 0.12 else (world.surname(), world.place())
        base = world.historical_person(*family)
        for _ in range(min(most, 1 + int(dice.gammavariate(2.6, 3.4)))):
            rows.append((person, world.variant(base)))
    return _truth(rows, HISTORICAL_KINDS, dice)


def febrl(people: int, rows: int, households: float = 0.25, seed: int = 7) -> Truth:
    """Persons of a register, that share of them in households, up to five more records with slips in many fields."""
    dice = random.Random(seed)
    world = _World(dice, people)
    made: list[tuple[int, Row]] = []
    base: Row = {}
    for person in range(people):
        base = world.register_person(base if base and dice.random() < households else None)
        made.append((person, base))
        copies = min(5, int(dice.expovariate(1 / ((rows - people) / people + 0.2))))
        made += [(person, world.slipped(base)) for _ in range(copies)]
    return _truth(made, FEBRL_KINDS, dice)


def _truth(rows: list[tuple[int, Row]], kinds: dict[str, Kind], dice: random.Random) -> Truth:
    dice.shuffle(rows)
    ids = [f"r{i:06d}" for i in range(len(rows))]
    columns = {c: [row[c] for _, row in rows] for c in kinds}
    return Truth(pa.table({"id": ids, **columns}), kinds, {i: p for i, (p, _) in zip(ids, rows, strict=True)})


class _World:
    def __init__(self, dice: random.Random, size: int) -> None:
        self._dice = dice
        self._surnames = [self._made_up(2, 3) for _ in range(max(40, size // 2))]
        self._places = [self._made_up(2, 3) + dice.choice(["", "ton", "ham", " bay", " on sea"]) for _ in range(400)]
        self._areas = {p: self._letters() + str(dice.randint(1, 30)) for p in self._places}

    def surname(self) -> str:
        return self._zipf(self._surnames)

    def place(self) -> str:
        return self._zipf(self._places)

    def historical_person(self, surname: str, place: str) -> Row:
        dice = self._dice
        gender = dice.choices(["male", "female"], [4, 1])[0]
        names = [self._zipf(MEN if gender == "male" else WOMEN) for _ in range(dice.choice((1, 1, 1, 2, 2, 3)))]
        title = dice.choice(TITLES).format(self.place()) if dice.random() < 0.2 else ""
        day = "01-01" if dice.random() < 0.15 else f"{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}"
        return {
            "first": names[0], "middle": " ".join(names[1:]), "last": surname, "title": title,
            "dob": f"{int(dice.triangular(1580, 1950, 1880))}-{day}", "birth_place": place,
            "outward": self._areas[place], "gender": gender, "occupation": self._zipf(JOBS),
        }  # fmt: skip

    def variant(self, base: Row) -> Row:
        """One record: names in one of many forms, then slips and gaps in every field."""
        dice, first, last = self._dice, base["first"] or "", base["last"] or ""
        if dice.random() < 0.15:
            first = NICKNAMES.get(first, first)
        elif dice.random() < 0.04:
            first = first[0]
        if dice.random() < 0.03:
            last = self.surname()  # another surname: married, ennobled, a pen name
        first, last = self._slip(first, 0.15), self._slip(last, 0.2)
        if dice.random() < 0.03:
            first, last = last, first
        middle = base["middle"] or "" if dice.random() < 0.5 else ""
        title = base["title"] or "" if dice.random() < 0.5 else ""
        full = " ".join(w for w in (first, middle, last, title) if w)
        return {
            "full_name": full, "first_and_surname": f"{first} {last}", "first_name": first, "surname": last,
            "dob": self._date(base["dob"] or ""), "birth_place": self._birth_place(base["birth_place"] or ""),
            "postcode_fake": self._postcode(base["outward"] or ""), "gender": self._gap(base["gender"], 0.1),
            "occupation": self._gap(base["occupation"] if dice.random() < 0.8 else self._zipf(JOBS), 0.3),
        }  # fmt: skip

    def register_person(self, household: Row | None) -> Row:
        dice = self._dice
        home = household or {
            "surname": self.surname(), "street_number": str(dice.randint(1, 200)), "address_1": f"{self._zipf(self._places)} street",
            "address_2": self._zipf(self._surnames) if dice.random() < 0.6 else None, "suburb": self.place(),
            "postcode": str(dice.randint(2000, 6999)), "state": dice.choice(["nsw", "vic", "qld", "wa", "sa"]),
        }  # fmt: skip
        return {
            **home, "given_name": self._zipf(MEN + WOMEN),
            "date_of_birth": f"{dice.randint(1900, 1999)}{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}",
            "soc_sec_id": str(dice.randint(1_000_000, 9_999_999)),
        }  # fmt: skip

    def slipped(self, base: Row) -> Row:
        made = {c: self._gap(self._slip(v, 0.2) if v else v, 0.06) for c, v in base.items()}
        if self._dice.random() < 0.1:
            made["given_name"], made["surname"] = made["surname"], made["given_name"]
        if self._dice.random() < 0.1:
            made["address_1"], made["address_2"] = made["address_2"], made["address_1"]
        return made

    def _date(self, date: str) -> str | None:
        dice = self._dice
        roll = dice.random()
        if roll < 0.12:
            return date[:4] + "-01-01"
        if roll < 0.17:
            return f"{int(date[:4]) + dice.choice((-1, 1, 10, -10, 2))}{date[4:]}"
        if roll < 0.27:
            at = dice.choice((3, 6, 8, 9))
            return date[:at] + str(dice.randint(0, 9)) + date[at + 1 :]
        return self._gap(date, 0.1)

    def _birth_place(self, place: str) -> str | None:
        roll = self._dice.random()
        if roll < 0.12:
            return f"{self._areas[place][:2]}shire"  # the county instead of the town
        return self._gap(self._slip(place if roll < 0.94 else self.place(), 0.1), 0.15)

    def _postcode(self, outward: str) -> str | None:
        dice = self._dice
        if dice.random() < 0.08:
            outward = outward[:2] + str(dice.randint(1, 30))
        if dice.random() < 0.06:
            outward = self._areas[self.place()]
        inward = f"{dice.randint(1, 4)}{dice.choice('abdef')}{dice.choice('abdef')}"
        return self._gap(f"{outward} {inward}", 0.12)

    def _gap(self, value: str | None, chance: float) -> str | None:
        return None if self._dice.random() < chance else value

    def _slip(self, word: str, chance: float) -> str:
        return misspelt(word, self._dice) if self._dice.random() < chance else word

    def _zipf(self, values: Sequence[str]) -> str:
        return values[min(len(values) - 1, int(len(values) * self._dice.random() ** 2.2))]

    def _made_up(self, least: int, most: int) -> str:
        parts = [self._dice.choice("bcdfghklmnprstvw") + self._dice.choice(["a", "e", "i", "o", "u", "ar", "en", "ick", "ol", "ing"]) for _ in range(self._dice.randint(least, most))]  # fmt: skip
        return "".join(parts)

    def _letters(self) -> str:
        return self._dice.choice("abceglmnstw") + self._dice.choice("bdhklnrtx")
