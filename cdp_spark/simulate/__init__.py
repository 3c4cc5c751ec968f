"""A seeded demo company: raw landing files of every channel, and beside them the truth about who is who.

Reads nothing. Writes `landing/<source>/<stream>/*` as the channels' own tools would send them, and a truth folder
that must never lie inside the landing zone. It must always hold that the same seed gives the same bytes on any number of
cores, that every landed record has a truth row, and that further days leave the files of earlier days as they are.

    company = Company(people=20_000, days=90, seed=7)
    write_company(company, Path("landing"), Path("truth"))             # the history
    write_days_after(company, Path("landing"), Path("truth"), days=2)  # what arrives on the two days after it

Every draw has a name: seed, person (or household, machine, order), purpose and day. Nothing is carried over from one
day or one person to the next. So a day can be made again without the days before it, people are made a shard at a time,
by Spark where there are many, and a further channel changes none of the others.

What is wrong with the data is put in on purpose and written down: `flaws` names the kinds, `tampering` holds those that
befall records on their way; `Company(clean=True)` is the same company without them. Campaigns cause visits and orders
on top of those that happen anyway (`campaigns`), so their effect is known one by one. Frequencies follow public data
sets where these give figures (`web`, `typos`). `accuracy` holds published persons against the truth.

Every name, address and number is synthetic. E-mail addresses lie in domains reserved for examples; British and American
telephone numbers lie in ranges reserved for fiction as far as these reach (some 30,000 people), Austrian and German ones
in ordinary mobile ranges, since those countries reserve too few. Throw-away addresses must lie in domains that are known
for them.
"""

from cdp_spark.simulate.company import Company
from cdp_spark.simulate.shards import StreamCounts
from cdp_spark.simulate.writing import WrittenCompany, write_company, write_day_after, write_days_after

__all__ = ["Company", "StreamCounts", "WrittenCompany", "write_company", "write_day_after", "write_days_after"]
