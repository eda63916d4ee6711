"""Random calendar expressions: ours against systemd-analyze, and against a mapping written here with zoneinfo.

Each case is an expression, a zone and a base time; half of the base times lie within a day of a zone change. What
systemd refuses must be refused, and what it normalises must come out the same. Its times must be ours without those
that a spring change has moved, which systemd leaves out. The mapping judges every case, and alone where systemd gives
up ("infinite loop") or leaves out times that the manual promises; each of its times must then still match the text.

CASES is the number of cases (400, or 20,000 in check-full), KINDLY_BUILD is the folder of the build. SEED chooses other
cases than those of every run; SEED=random draws it.
"""

import bisect
import concurrent.futures
import datetime as dt
import itertools
import os
import random
import re
import subprocess
import time
import zoneinfo

import pytest

DRIVER = os.path.join(os.environ.get("KINDLY_BUILD", "build"), "tests/system/calendar-driver")
CASES = int(os.environ.get("CASES", "20000" if os.environ.get("KINDLY_FULL") else "400"))
SEED = os.environ.get("SEED", "20261125")
SEED = time.time_ns() % 10**9 if SEED == "random" else int(SEED)
TIMES = 6  # asked for in each case

ODD_ZONES = """Africa/Cairo Africa/Casablanca Africa/El_Aaiun Africa/Monrovia America/Asuncion America/Caracas
America/Havana America/Nuuk America/Santiago America/Sao_Paulo America/St_Johns Antarctica/Casey Antarctica/Troll
Asia/Amman Asia/Beirut Asia/Gaza Asia/Kathmandu Asia/Pyongyang Asia/Tehran Atlantic/Azores Australia/Lord_Howe
Europe/Berlin Europe/Dublin Europe/London Europe/Volgograd Pacific/Apia Pacific/Chatham Pacific/Easter
Pacific/Fakaofo Pacific/Kiritimati Pacific/Norfolk UTC""".split()
ALL_ZONES = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
SHORTHANDS = ["minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually", "yearly"]
EPOCH = dt.datetime(1970, 1, 1)
UTC_EPOCH = EPOCH.replace(tzinfo=dt.timezone.utc)
USEC = 10**6
END = 7258118400 * USEC
DAY = 86400 * USEC


# ---- Making cases ----


def some_list(rng, low, high, width=2):
    def item():
        kind = rng.random()
        first = rng.randint(low, high)
        last = rng.randint(first, high)
        if kind < 0.55:
            return f"{first:0{width}}" if rng.random() < 0.5 else f"{first}"
        if kind < 0.75:
            return f"{first}..{last}"
        step = rng.randint(1, max(1, (high - low) // 2))
        if kind < 0.85:
            return f"{first}..{last}/{step}"
        return f"{rng.randint(low, max(low, high - step))}/{step}"

    if rng.random() < 0.3:
        return "*"
    return ",".join(item() for _ in range(rng.choice([1, 1, 1, 2, 3])))


def some_seconds(rng):
    kind = rng.random()
    if kind < 0.4:
        return "0"
    if kind < 0.8:
        return some_list(rng, 0, 59)
    if kind < 0.84:
        return rng.choice(["0/1", "0/1,26.5", "0/0.5,0/1", f"0/1,{some_list(rng, 0, 59)}"]).replace(",*", "")
    first = f"{rng.randint(0, 59)}.{rng.randint(1, 9999999)}"
    if kind < 0.9:
        return first
    return f"{rng.randint(0, 20)}{rng.choice(['', '.25', '..40'])}/{rng.randint(0, 9)}.{rng.randint(1, 9)}"


def some_weekdays(rng):
    names = WEEKDAYS + ["Monday", "friday", "SUN"]
    items = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        items.append(rng.choice(names) if rng.random() < 0.6 else "..".join(rng.sample(names, 2)))
    return ",".join(items) + ("," if rng.random() < 0.05 else "")


def some_date(rng, year):
    mark = "~" if rng.random() < 0.25 else "-"
    days = some_list(rng, 1, 28 if mark == "~" else 31)
    month = "*" if rng.random() < 0.5 else some_list(rng, 1, 12)
    kind = rng.random()
    if kind < 0.3:
        return f"{month}{mark}{days}"
    if kind < 0.7:
        return f"*-{month}{mark}{days}"
    years = rng.choice([f"{year}", f"{year}..{year + 3}", f"{year}/4", f"{year % 100:02}", f"{year},{year + 1}"])
    return f"{years}-{month}{mark}{days}"


def some_time(rng):
    hours = some_list(rng, 0, 23) if rng.random() < 0.7 else rng.choice(["0", "1", "2", "3", "0..4", "23"])
    minutes = some_list(rng, 0, 59) if rng.random() < 0.6 else rng.choice(["0", "30", "59", "0/15"])
    return f"{hours}:{minutes}" + (f":{some_seconds(rng)}" if rng.random() < 0.4 else "")


def some_expression(rng, year):
    if rng.random() < 0.03:
        return rng.choice(SHORTHANDS)
    if rng.random() < 0.02:
        return f"@{rng.randint(0, 5 * 10**9)}"
    words = []
    if rng.random() < 0.3:
        words.append(some_weekdays(rng))
    if rng.random() < 0.6:
        words.append(some_date(rng, year))
    if rng.random() < 0.8 or not words:
        words.append(some_time(rng))
    if rng.random() < 0.12:
        words.append(rng.choice(["UTC", "utc", rng.choice(ODD_ZONES), rng.choice(ALL_ZONES)]))
    return " ".join(words)


def damaged(rng, text):
    letters = "0123456789*-~:,./ @" + "MonTueFri"
    for _ in range(rng.choice([1, 1, 2])):
        at = rng.randint(0, len(text))
        text = text[:at] + rng.choice(["", rng.choice(letters)]) + text[at + rng.randint(0, 1) :]
    return text


def offset_usec(zone, usec):
    when = UTC_EPOCH + dt.timedelta(microseconds=usec)
    return int(when.astimezone(zone).utcoffset() / dt.timedelta(microseconds=1))


def a_change(rng, zone, usec):
    """A zone change in the year after, in microseconds, or None."""
    step = 7 * DAY
    for at in range(usec, usec + 370 * DAY, step):
        before = offset_usec(zone, at)
        if before != offset_usec(zone, at + step):
            low, high = at // USEC, (at + step) // USEC
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset_usec(zone, middle * USEC) == before else (low, middle)
            return high * USEC
    return None


def a_case(seed):
    rng = random.Random(seed)
    name = rng.choice(ODD_ZONES) if rng.random() < 0.6 else rng.choice(ALL_ZONES)
    year = rng.choice([rng.randint(1971, 2036), rng.randint(2005, 2030), rng.randint(2037, 2110)])
    base = int((dt.datetime(year, 1, 1) - EPOCH).total_seconds() + rng.randint(0, 365 * 86400)) * USEC
    if rng.random() < 0.5:
        change = a_change(rng, zoneinfo.ZoneInfo(name), base)
        if change:
            base = change + rng.randint(-86400, 86400) * USEC
    text = some_expression(rng, year)
    if rng.random() < 0.12:
        text = damaged(rng, text)
    return name, base, text


# ---- The independent mapping ----


def numbers(text, low, high, unit=1, from_end=False):
    """The values of one field of a normalised expression, sorted."""

    def number(part):
        whole, _, decimals = part.partition(".")
        return int(whole) * unit + (int(decimals.ljust(6, "0")) if decimals else 0)

    if text == "*":
        return list(range(low, high + 1, unit))
    values = set()
    for item in text.split(","):
        item, _, step = item.partition("/")
        first, _, last = item.partition("..")
        first = number(first)
        step_value = number(step) if step else unit
        if last:
            values.update(range(first, number(last) + 1, step_value))
        elif step and from_end:
            values.update(range(first, 0, -step_value))
        elif step:
            values.update(range(first, high + 1, step_value))
        else:
            values.add(first)
    return sorted(values)


class Expression:
    """What a normalised text matches, as plain lists."""

    def __init__(self, text):
        words = text.split(" ")
        self.weekdays = set(range(7))
        if words[0][0].isalpha():
            self.weekdays = set()
            for item in words.pop(0).split(","):
                first, _, last = item.partition("..")
                self.weekdays.update(range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1))
        year, month, self.mark, day = re.fullmatch(r"([^-]+)-([^-~]+)([-~])(.+)", words[0]).groups()
        hour, minute, second = words[1].split(":")
        self.zone_name = words[2] if len(words) > 2 else None
        self.years = numbers(year, 1970, 2199)
        self.months = numbers(month, 1, 12)
        self.days = numbers(day, 1, 31, from_end=self.mark == "~")
        self.hours = numbers(hour, 0, 23)
        self.minutes = numbers(minute, 0, 59)
        self.seconds = numbers(second, 0, 60 * USEC - 1, USEC)

    def month_days(self, year, month):
        following = dt.date(year + month // 12, month % 12 + 1, 1)
        length = (following - dt.date(year, month, 1)).days
        days = self.days if self.mark == "-" else sorted(length + 1 - day for day in self.days)
        for day in days:
            if 1 <= day <= length and dt.date(year, month, day).weekday() in self.weekdays:
                yield (dt.date(year, month, day) - EPOCH.date()).days

    def local_times(self, start):
        """Matching local times from `start`, in microseconds since 1970-01-01 local time."""
        first = EPOCH + dt.timedelta(microseconds=max(start, 0))
        for year in self.years[bisect.bisect_left(self.years, first.year) :]:
            for month in self.months:
                if (year, month) < (first.year, first.month):
                    continue
                for day in self.month_days(year, month):
                    if (day + 1) * DAY <= start:
                        continue
                    yield from self.day_times(day * DAY, start)

    def day_times(self, midnight, start):
        for hour, minute in itertools.product(self.hours, self.minutes):
            at = midnight + (hour * 60 + minute) * 60 * USEC
            if at + 60 * USEC <= start:
                continue
            for second in self.seconds:
                if at + second >= start:
                    yield at + second

    def matches(self, local, precision=1):
        """Whether the local time itself is one that the expression names."""
        return next(self.local_times(local), END) - local < precision


def instant(zone, local):
    """fold=0 is the first of two times, and takes the offset before a gap for a time inside it."""
    when = (EPOCH + dt.timedelta(microseconds=local)).replace(tzinfo=zone)
    return local - int(when.utcoffset() / dt.timedelta(microseconds=1))


def jump(zone, usec):
    """By how much the offset changes in the days around."""
    offsets = [offset_usec(zone, max(usec + hours * 3600 * USEC, 0)) for hours in (-30, 0, 30)]
    return max(offsets) - min(offsets)


def mapped_times(expression, zone, base, count):
    found, limit = [], None
    for local in expression.local_times(base + offset_usec(zone, base) - jump(zone, base)):
        if limit is not None and local > limit:
            break
        at = instant(zone, local)
        if base < at < END:
            found.append(at)
            if limit is None and len(set(found)) >= count:
                limit = local + jump(zone, at)
    return sorted(set(found))[:count]


# ---- The other two ----


def ask_systemd(zone_name, base, text):
    """The normalised text ("" if it gave up before writing it, None if it refuses), whole seconds, whether it got
    to the end."""
    command = ["systemd-analyze", "calendar", f"--iterations={TIMES}", f"--base-time=@{base // USEC}", "--", text]
    environment = dict(os.environ, TZ=zone_name, LC_ALL="C")
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    normalised = re.search(r"^Normalized form: (.*)$", run.stdout, re.M)
    normalised = normalised or re.search(r"Infinite loop in calendar calculation: (.*)$", run.stderr, re.M)
    if not normalised and "Failed to determine next elapse" in run.stderr:
        return "", [], False
    if not normalised:
        return None, [], True
    seconds, is_never = [], "Next elapse: never" in run.stdout
    lines = re.findall(r"^ *(Next elapse|Iter\. #\d+|\(in UTC\)): \w{3} (\S+ \S+) (\S+)$", run.stdout, re.M)
    for label, when, abbreviation in lines:
        if label != "(in UTC)":
            seconds.append(None)
        if abbreviation == "UTC":
            seconds[-1] = int((dt.datetime.strptime(when, "%Y-%m-%d %H:%M:%S") - EPOCH).total_seconds())
    return normalised.group(1), seconds, run.returncode == 0 and (is_never or None not in seconds)


def ask_driver(cases):
    lines = "".join(f"{zone}\t{base}\t{TIMES}\t{text}\n" for zone, base, text in cases)
    run = subprocess.run([DRIVER], input=lines, capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


def abbreviation_is_local(zone_name, suffix):
    return "/" not in suffix and suffix != "UTC" and suffix != zone_name


def is_miscounted(normalised):
    """systemd takes day 28 from the month's end, but in a list 3 days less for each item that comes before it."""
    days = re.search(r"~(\S+)", normalised)
    items = days.group(1).split(",") if days else []
    return any(int(value) > 28 - 3 * i for i, item in enumerate(items) for value in item.split("/")[0].split(".."))


def loses_fractions(normalised, ours):
    """systemd writes seconds with 0/1 among them as "*", though it meets the fractions beside it."""
    seconds = re.search(r"(?<=:)[^ :]*\b00/1\b(?!\.)[^ :]*(?=$| )", ours)
    if not seconds or "." not in seconds.group():
        return False
    return f"{ours[:seconds.start()]}*{ours[seconds.end():]}" == normalised


def judge(case, answer):
    """(what is wrong or None, what was compared)."""
    zone_name, base, text = case
    normalised, seconds, is_whole = ask_systemd(zone_name, base, text)
    if answer.startswith("error "):
        return (None if normalised is None else f"we refuse: {answer}; systemd: {normalised}"), "refused"
    ours_normalised, ours = answer.split("\t")
    if normalised is None and is_miscounted(ours_normalised):
        return None, "refused by systemd's miscount"
    if normalised is None:
        return f"systemd refuses, ours is {ours_normalised}", "refused"
    if loses_fractions(normalised, ours_normalised):
        normalised = ours_normalised
    normalised = normalised or ours_normalised
    if normalised != ours_normalised:
        return f"normalised: ours {ours_normalised}, systemd {normalised}", "normalised"
    expression = Expression(normalised)
    if expression.zone_name and abbreviation_is_local(zone_name, expression.zone_name):
        return None, "abbreviation"
    zone = zoneinfo.ZoneInfo(expression.zone_name or zone_name)
    ours = [int(word) for word in ours.split() if word != "never"]

    expected = mapped_times(expression, zone, base, TIMES)
    if ours != expected:
        return f"ours {ours}, mapping {expected}", "mapping"
    unmoved = [at for at in ours if expression.matches(at + offset_usec(zone, at))]
    is_complete = len(ours) == TIMES or len(unmoved) == len(seconds)
    if is_complete and [at // USEC for at in unmoved] == seconds[: len(unmoved)]:
        return None, "agree"
    if not is_whole:
        return None, "systemd gave up"
    # At a zone change it may pass over days, or give the second of two times; and after a carry it may pass over the
    # first value of an open step.
    has_excuse = "/" in normalised or any(jump(zone, at) for at in [base, *ours])
    local_seconds = [at * USEC + offset_usec(zone, at * USEC) for at in seconds]
    if has_excuse and all(expression.matches(local, precision=USEC) for local in local_seconds):
        return None, "systemd differs"
    return f"ours {ours}, systemd {seconds}", "systemd"


def judge_some(seeds):
    cases = [a_case(seed) for seed in seeds]
    results = []
    for seed, case, answer in zip(seeds, cases, ask_driver(cases), strict=True):
        wrong, kind = judge(case, answer)
        results.append((kind, f"seed {seed}: {case}: {wrong}" if wrong else None))
    return results


def test_random_cases():
    print(f"SEED={SEED} CASES={CASES}")
    try:
        subprocess.run(["systemd-analyze", "--version"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.fail("systemd-analyze is needed to compare with")
    seeds = [SEED * 1_000_000 + i for i in range(CASES)]
    portions = [seeds[i : i + 50] for i in range(0, CASES, 50)]
    kinds, wrongs = {}, []
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for results in pool.map(judge_some, portions):
            for kind, wrong in results:
                kinds[kind] = kinds.get(kind, 0) + 1
                wrongs += [wrong] if wrong else []
    print(", ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items())))
    assert not wrongs, "\n".join([f"SEED={SEED}, {len(wrongs)} of {CASES} cases:"] + wrongs[:20])
    assert kinds.get("agree", 0) > CASES // 2
    assert kinds.get("systemd differs", 0) <= 2 + CASES // 200
