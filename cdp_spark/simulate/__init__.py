"""A seeded demo company: raw landing files of every channel, and beside them the truth about who is who.

Reads nothing. Writes `landing/<source>/<stream>/*` as the channels' own tools would send them, and a truth folder
that must never lie inside the landing zone. It must always hold that the same seed gives the same bytes, that every
landed record has a truth row, and that a further day leaves the files of earlier days as they are.

    company = Company(people=20_000, days=90, seed=7)
    write_company(company, Path("landing"), Path("truth"))       # the history
    write_day_after(company, Path("landing"), Path("truth"))     # what arrives on the day after it

A day is a function of the seed, the population and its date alone; nothing is carried over from one day to the next.
So any day can be made again without the days before it, in any order.

Every name, address and number is synthetic. E-mail addresses lie in domains reserved for examples; British and American
telephone numbers lie in ranges reserved for fiction, Austrian and German ones in ordinary mobile ranges, since those
countries reserve too few.
"""

from cdp_spark.simulate.company import Company
from cdp_spark.simulate.shards import StreamCounts
from cdp_spark.simulate.writing import WrittenCompany, write_company, write_day_after, write_days_after

__all__ = ["Company", "StreamCounts", "WrittenCompany", "write_company", "write_day_after", "write_days_after"]
