"""audiences/*.yml: who is in."""

from pydantic import Field

from cdp_spark.config.base import Name, Strict
from cdp_spark.config.conditions import Condition


class AudienceConfig(Strict):
    """audiences/<name>.yml."""

    audience: Name
    about: str = ""
    purpose: Name | None = Field(default=None, description="Consent purpose that messages to it need")
    include_anonymous: bool = Field(default=False, description="Let in persons without an identifier that names them")
    where: Condition
    exclude: tuple[Name, ...] = Field(default=(), description="Audiences whose members are left out")
