"""One person: every identifier they have, and the days (0: the company's first) on which things change."""

from dataclasses import dataclass

from cdp_spark.simulate.devices import NEVER, AppInstall, Device


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody. `''` stands for what they do not have, NEVER for what does not happen."""

    index: int
    person_id: str
    household: int
    first: str
    last: str
    birthdate: str
    country: str
    email: str
    devices: tuple[Device, ...]
    street: str = ""
    postcode: str = ""
    city: str = ""
    new_email: str = ""
    email_change_day: int = NEVER
    alias: str = ""  # the same mailbox under a tag, given to forms
    typed_email: str = ""  # the slip with which they subscribed
    family_email: str = ""
    phone: str = ""
    new_phone: str = ""
    phone_change_day: int = NEVER
    partner_in_phone: str = ""  # who else has had one of the two numbers,
    gives_phone: bool = False  # and whether it is the first, given up for a fresh one
    user_id: str = ""
    account_day: int = NEVER
    newsletter_day: int = NEVER
    unsubscribe_day: int = NEVER
    returns_day: int = NEVER  # subscribes again
    advertising: bool = True
    analytics: bool = True
    withdraw_day: int = NEVER
    loyalty_id: str = ""
    loyalty_day: int = NEVER
    handle: str = ""
    opens_by_proxy: bool = False
    app: AppInstall | None = None
    taste: float = 1.0  # how readily they buy; 1 on average
    lost_day: int = NEVER  # buys no more

    def email_on(self, day: int) -> str:
        """The address used on a day."""
        return self.new_email if day >= self.email_change_day else self.email

    def form_email_on(self, day: int) -> str:
        """The address given to forms and newsletters on a day."""
        return self.typed_email or self.alias or self.email_on(day)

    def phone_on(self, day: int) -> str:
        """The number used on a day, E.164; '' for somebody without one."""
        return self.new_phone if day >= self.phone_change_day else self.phone

    def has_account(self, day: int) -> bool:
        """Whether the person can log in on a day."""
        return day >= self.account_day

    def advertising_on(self, day: int) -> bool:
        """Whether advertising is allowed on a day."""
        return self.advertising and day < self.withdraw_day

    def subscribed_on(self, day: int) -> bool:
        """Whether the newsletter is wanted on a day."""
        return self.newsletter_day <= day < self.unsubscribe_day or day >= self.returns_day

    def buys(self, chance: float, day: int) -> float:
        """How likely somebody who buys with that chance on average buys on a day."""
        return min(0.9, chance * self.taste) if day < self.lost_day else 0.0
