"""What DuckDB does beside landing and normalising: the same tables of the same files, with as many threads.

Bronze holds every line with its place, its message id and whether it is JSON; silver the first copy of each message with
its columns typed, its clock repaired, campaign, click id and host out of its URL, its device out of its user agent and its
identifiers; a third table one row an identifier. Left out, to DuckDB's advantage: whether two copies of a message say the
same, Delta's log, time stamps in other forms, and that a line which is no UTF-8 does not end the run.
"""

import os
import resource
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb

from cdp_spark.config.project import InternalTraffic
from cdp_spark.normalize.fields import user_agents
from cdp_spark.normalize.fields.urls import CLICK_IDS

_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
_RECORD = """{"type": "VARCHAR", "event": "VARCHAR", "name": "VARCHAR", "anonymousId": "VARCHAR", "userId": "VARCHAR",
  "timestamp": "TIMESTAMP", "originalTimestamp": "TIMESTAMP", "sentAt": "TIMESTAMP", "receivedAt": "TIMESTAMP",
  "properties": "JSON", "context": {"userAgent": "VARCHAR", "traits": "JSON",
    "page": {"url": "VARCHAR", "title": "VARCHAR", "referrer": "VARCHAR"},
    "campaign": {"source": "VARCHAR", "medium": "VARCHAR", "name": "VARCHAR", "term": "VARCHAR", "content": "VARCHAR"}}}"""

_BRONZE = """
copy (
  with lines as (
    select line as raw, filename as file_path, row_number() over () as row_pos from read_csv('{files}',
      columns={{'line': 'VARCHAR'}}, delim='\\x01', quote='', escape='', header=false, auto_detect=false, filename=true)
  )
  select md5(file_path) || '-' || row_pos as record_id, json_extract_string(raw, '$.messageId') as message_id,
         'events' as stream, raw, case when not json_valid(raw) then 'broken_json' end as fault, file_path,
         now()::timestamp as file_mtime, row_pos, 1::bigint as landing_id, now()::timestamp as landed_at
  from lines
) to '{to}/bronze.parquet';
"""

_EVENTS = """
copy (
with parsed as (
  select record_id, message_id, stream, landing_id, landed_at, file_mtime, from_json(raw, '{record}') as r
  from read_parquet('{to}/bronze.parquet') where fault is null
),
named as (
  select message_id, record_id, stream, landing_id, landed_at, file_mtime, coalesce(r.type, 'track') as type,
         coalesce(r.event, r.name, case when r.type <> 'track' then r.type end) as event, r.timestamp as vendor_ts,
         r.originalTimestamp as device_ts, r.sentAt as sent_ts, r.receivedAt as received_ts,
         nullif(trim(r.anonymousId), '') as anonymous_id, nullif(trim(r.userId), '') as user_id,
         r.context.page.url as page_url, r.context.page.title as page_title, r.context.page.referrer as page_referrer,
         r.context.campaign.source as utm_source, r.context.campaign.medium as utm_medium,
         r.context.campaign.name as utm_campaign, r.context.campaign.term as utm_term,
         r.context.campaign.content as utm_content, r.context.userAgent as user_agent, r.properties::varchar as properties,
         r.context.traits::varchar as traits, nullif(lower(trim(r.context.traits->>'email')), '') as email,
         case when contains(page_url, '?') then '&' || split_part(split_part(page_url, '#', 1), '?', -1) end as query,
         lower(split_part(page_url, '://', -1)) as host,
         coalesce(vendor_ts, received_ts - (sent_ts - device_ts), device_ts, received_ts) as chosen,
         case when vendor_ts is not null then 'vendor' when received_ts - (sent_ts - device_ts) is not null then 'repaired'
              when device_ts is not null then 'device' when received_ts is not null then 'received' end as chosen_by,
         chosen is not null and not (chosen >= timestamp '2000-01-01' and chosen <= landed_at + interval 1 day)
           as is_implausible,
         coalesce(received_ts >= timestamp '2000-01-01' and received_ts <= landed_at + interval 1 day, false) as receipt_holds
  from parsed
),
usable as (
  select * from named where message_id is not null and type in ('identify', 'track', 'page', 'screen', 'group', 'alias')
    and event is not null and chosen is not null and length(message_id) <= 100
),
first as (
  -- A window over whole rows takes three times as long.
  select * from usable
  where record_id in (select arg_min(record_id, (received_ts, record_id)) from usable group by message_id)
),
agents as (
  select user_agent, {text} as text, {is_bot} as is_bot, {device_class} as device_class,
         {os} as os, {browser} as browser
  from (select distinct user_agent from first where user_agent is not null)
),
made as (
select message_id, record_id, 'web' as source, stream, 'web' as channel, type, event,
       case when not is_implausible then chosen when receipt_holds then received_ts else file_mtime end as event_ts,
       case when not is_implausible then chosen_by when receipt_holds then 'received' else 'file' end as event_ts_source,
       received_ts, anonymous_id, user_id, page_url, page_title, page_referrer, {utm},
       {click_id_kind} as click_id_kind,
       case when {click_id_kind} is not null
            then nullif(split_part(split_part(query, '&' || {click_id_kind} || '=', 2), '&', 1), '') end as click_id,
       user_agent, is_bot, device_class, os, browser,
       case when page_url is not null then {is_internal} end as is_internal, properties, traits,
       list_filter([case when anonymous_id is not null then {{'namespace': 'anonymous_id', 'value': anonymous_id}} end,
                    case when user_id is not null then {{'namespace': 'user_id', 'value': user_id}} end,
                    case when email is not null then {{'namespace': 'email', 'value': email}} end],
                   lambda i: i is not null) as identifiers,
       nullif(list_filter([case when is_implausible then 'implausible:event_ts' end,
                           case when abs(epoch(received_ts - sent_ts)) > 3600 then 'clock_skew' end],
                          lambda w: w is not null), []) as warnings,
       landing_id
from first left join agents using (user_agent)
)
select *, hash(source, channel, type, event, anonymous_id, user_id, page_url, page_title, page_referrer, {utm_names}, click_id_kind,
               click_id, user_agent, is_bot, properties, traits, identifiers) as content_hash
from made
) to '{to}/events.parquet';
"""

_IDENTIFIERS = """
copy (
  select record_id, i.namespace, i.value, source, stream, 'events' as record_kind, event_ts as seen_at, landing_id
  from (select record_id, unnest(identifiers) as i, source, stream, event_ts, landing_id from read_parquet('{to}/events.parquet'))
) to '{to}/identifiers.parquet';
"""


def duckdb_seconds(files: str, to: Path) -> tuple[float, float]:
    """Wall and CPU seconds of DuckDB with as many threads as Spark has cores."""
    to.mkdir(exist_ok=True)
    connection = duckdb.connect()
    connection.execute(f"set threads={os.cpu_count()}; set memory_limit='6GB'; set timezone='UTC'")
    script = _script(files, to)
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    connection.execute(script)
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF)
    return seconds, after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime


def differing_rows(warehouse: str, to: Path) -> dict[str, int]:
    """How many rows of each table only one of both has, but for ids and times of the landing; the warehouse is new."""
    compared = {
        "events": (f"{warehouse}/silver/events", "* exclude (record_id, landing_id, content_hash)"),
        "identifiers": (f"{warehouse}/silver/identifiers", "namespace, value, source, stream, record_kind, seen_at"),
        "bronze": (f"{warehouse}/bronze/web", "message_id, stream, raw, fault"),
    }
    return {name: _differing(ours, f"{to}/{name}.parquet", columns) for name, (ours, columns) in compared.items()}


def _differing(ours: str, theirs: str, columns: str) -> int:
    connection = duckdb.connect()
    connection.execute("set timezone='UTC'")
    connection.execute(f"create view theirs as select {columns} from read_parquet('{theirs}')")
    names = ", ".join(f'"{r[0]}"' for r in connection.execute("describe theirs").fetchall())
    connection.execute(f"create view ours as select {names} from read_parquet('{ours}/**/*.parquet')")
    sides = [
        f"select count(*) from (select * from {a} except all select * from {b})"
        for a, b in (("ours", "theirs"), ("theirs", "ours"))
    ]
    return sum(connection.execute(side).fetchall()[0][0] for side in sides)


def _script(files: str, to: Path) -> str:
    own = InternalTraffic()
    signs = [f"starts_with(host, '{h}')" for h in own.hosts]
    signs += [f"contains(page_url, '{mark}{p}=')" for p in own.parameters for mark in ("?", "&")]
    click_ids = "".join(f" when contains(lower(query), '&{name}=') then '{name}'" for name in CLICK_IDS)
    text = "lower(user_agent)"
    for word in user_agents.NO_BOTS:
        text = f"replace({text}, '{word}', '')"
    tokens = "|".join(user_agents.TOKENS).replace(".", "\\.")
    return (_BRONZE + _EVENTS + _IDENTIFIERS).format(
        files=files,
        to=to,
        record=_RECORD,
        text=text,
        is_bot=f"regexp_matches(text, '{tokens}')",
        device_class=_first_named(user_agents.DEVICES),
        os=_first_named(user_agents.SYSTEMS),
        browser=_first_named(user_agents.BROWSERS),
        utm_names=", ".join(_UTM),
        utm=", ".join(f"coalesce({name}, {_parameter(name)}) as {name}" for name in _UTM),
        click_id_kind=f"case{click_ids} end",
        is_internal="(" + " or ".join(signs) + ")",
    )


def _first_named(names: Mapping[str, str]) -> str:
    return "case" + "".join(f" when contains(text, '{token}') then '{name}'" for token, name in names.items()) + " end"


def _parameter(name: str) -> str:
    value = f"nullif(split_part(split_part(query, '&{name}=', 2), '&', 1), '')"
    return f"case when contains(query, '&{name}=') then url_decode(replace({value}, '+', ' ')) end"
