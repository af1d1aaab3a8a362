#!/usr/bin/env python3
"""Makes samples/reservations.csv and samples/workspace.json.

    python3 samples/make_samples.py PATH/hotels.csv.gz           writes both files
    python3 samples/make_samples.py PATH/hotels.csv.gz --check   compares them with what it would write

The bookings are real: a fortnight of the city hotel in the "Hotel booking
demand" table (see ATTRIBUTION.md), moved to the demo's fixed day. Guests and
room numbers are invented here. The same table gives the same bytes: every
choice is a hash of the row's line in the table, never a random number.
"""

import argparse
import csv
import datetime
import gzip
import hashlib
import io
import json
import sys
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.dont_write_bytecode = True
import names  # noqa: E402

SAMPLES = Path(__file__).parent
# The demo's noon. Lisbon keeps UTC in winter, so local time and UTC are the same here.
DEMO_NOW = datetime.datetime(2026, 12, 1, 12, 0)
DEMO_DAY = DEMO_NOW.date()
FORTNIGHT = datetime.date(2016, 1, 4)
# A whole number of weeks, so that a Friday stays a Friday.
SHIFT = datetime.date(2026, 11, 23) - FORTNIGHT
CHECK_IN, CHECK_OUT = datetime.time(15), datetime.time(11)
# Chosen so that the guests still to come write their names in many scripts.
SEED = 21
ROOMS_PER_FLOOR = 30
# Rooms 01 to 15 of a floor are in the main building, with hotel locks; 16 to 30 in the annex, with smart locks.
HOTEL_LOCKS_PER_FLOOR = 15
COLUMNS = "reservation_key status unit check_in check_out guest_key full_name email phone is_primary updated_at".split()
GRANTING = ("confirmed", "checked_in")
MONTHS = "January February March April May June July August September October November December".split()
# Ranges that the national regulators set aside for fiction, and how many numbers {n} runs through.
PHONES = {
    "USA": ("+1{area}55501{n:02}", 100), "GBR": ("+442079460{n:03}", 1000), "DEU": ("+493023125{n:03}", 1000),
    "FRA": ("+331990000{n:02}", 100),
}  # fmt: skip
US_AREAS = ("202", "312", "415", "512", "617", "808")


@dataclass
class Guest:
    guest_key: str
    full_name: str
    email: str
    phone: str
    last_check_out: datetime.date


@dataclass
class Booking:
    """One row of the table, on the demo's calendar."""

    line: int
    country: str
    room_type: str
    adults: int
    returning: tuple[str, str] | None
    booked: datetime.date
    check_in: datetime.date
    check_out: datetime.date
    outcome: str
    outcome_day: datetime.date
    unit: str = ""
    guests: list[Guest] = field(default_factory=list)

    @property
    def reservation_key(self) -> str:
        return f"CH{self.line:06}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path, help="hotels.csv.gz of the hotel booking demand data set")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the committed files differ")
    arguments = parser.parse_args()

    bookings, left_out = load(arguments.table)
    rooms = give_rooms(bookings)
    give_guests(bookings)
    rows = [row for booking in bookings for row in rows_of(booking)]
    workspace = workspace_of(rooms)
    problems = verify(bookings, rows, workspace)
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1

    print(summary(bookings, rows, rooms, left_out))
    outputs = {"reservations.csv": csv_text(rows), "workspace.json": json_text(workspace)}
    different = [name for name, text in outputs.items() if committed(name) != text]
    if arguments.check:
        for name in different:
            print(f"{name} is not what the recipe makes; run it without --check", file=sys.stderr)
        return 1 if different else 0
    for name, text in outputs.items():
        (SAMPLES / name).write_text(text, encoding="utf-8", newline="")
    return 0


def load(table: Path) -> tuple[list[Booking], Counter]:
    """The fortnight's bookings that the hotel knew at the demo's noon, by arrival, and how many were left out."""
    bookings, left_out = [], Counter()
    with gzip.open(table, "rt", encoding="utf-8", newline="") as text:
        for line, row in enumerate(csv.DictReader(text), start=2):
            if row["hotel"] != "City Hotel":
                continue
            month = MONTHS.index(row["arrival_date_month"]) + 1
            arrival = datetime.date(int(row["arrival_date_year"]), month, int(row["arrival_date_day_of_month"]))
            if not 0 <= (arrival - FORTNIGHT).days < 14:
                continue
            nights = int(row["stays_in_weekend_nights"]) + int(row["stays_in_week_nights"])
            check_in = arrival + SHIFT
            booked = check_in - datetime.timedelta(int(row["lead_time"]))
            if nights == 0:
                left_out["zero nights"] += 1
            elif booked > DEMO_DAY:
                left_out["booked after the demo day"] += 1
            else:
                bookings.append(Booking(
                    line=line,
                    country=row["country"],
                    room_type=row["assigned_room_type"],
                    adults=max(1, int(row["adults"])),
                    returning=(row["country"], row["company"]) if row["is_repeated_guest"] == "1" else None,
                    booked=booked,
                    check_in=check_in,
                    check_out=check_in + datetime.timedelta(nights),
                    outcome=row["reservation_status"],
                    outcome_day=datetime.date.fromisoformat(row["reservation_status_date"]) + SHIFT,
                ))  # fmt: skip
    bookings.sort(key=lambda booking: (booking.check_in, booking.line))
    return bookings, left_out


def give_rooms(bookings: list[Booking]) -> list[str]:
    """First fit: the lowest room of the assigned type that is free. Each type begins a floor of its own."""
    free_from: dict[str, list[datetime.date]] = {}
    chosen = []
    for booking in bookings:
        # A room left at 11:00 is free for an arrival at 15:00 of the same day. Cancelled
        # bookings hold a room too: what the hotel does with it is not known.
        days = free_from.setdefault(booking.room_type, [])
        index = next((i for i, day in enumerate(days) if day <= booking.check_in), len(days))
        days[index:index + 1] = [booking.check_out]
        chosen.append((booking, index))
    rooms: dict[str, list[str]] = {}
    floor = 1
    for room_type in sorted(free_from):
        count = len(free_from[room_type])
        numbers = ((floor + i // ROOMS_PER_FLOOR) * 100 + i % ROOMS_PER_FLOOR + 1 for i in range(count))
        rooms[room_type] = [str(room) for room in numbers]
        floor += -(-count // ROOMS_PER_FLOOR)
    for booking, index in chosen:
        booking.unit = rooms[booking.room_type][index]
    return sorted((room for group in rooms.values() for room in group), key=int)


def give_guests(bookings: list[Booking]) -> None:
    """Invents the people; a returning guest of the same country and company keeps the key where the days allow it."""
    taken: set[str] = set()
    known: dict[tuple[str, str], list[Guest]] = {}
    for booking in bookings:
        circle = known.setdefault(booking.returning, []) if booking.returning else []
        # A clear day between two stays, so that they never read as one stay in two rooms.
        back = next((guest for guest in circle if guest.last_check_out < booking.check_in), None)
        primary = back or invent(booking, 1, None, taken)
        primary.last_check_out = booking.check_out
        if booking.returning and back is None:
            circle.append(primary)
        booking.guests = [primary]
        # The hotel knows the names of all guests in about half of the bookings, and of three guests at most.
        if chance(booking.line, "companions", 50):
            for position in range(2, min(booking.adults, 3) + 1):
                booking.guests.append(invent(booking, position, primary, taken))


def invent(booking: Booking, position: int, primary: Guest | None, taken: set[str]) -> Guest:
    """One guest, from the names of the booking's country, or in every eighth booking of anywhere."""
    if chance(booking.line, "anywhere", 12):
        language = names.LANGUAGES[pick(booking.line, "language", sorted(names.LANGUAGES))]
    else:
        language = names.LANGUAGES[names.COUNTRIES.get(booking.country, "english")]
    given = language.given[(number(booking.line, "given") + position) % len(language.given)]
    # Guest 2 has the family name of guest 1 in half of the bookings.
    owner = 1 if primary and chance(booking.line, f"family of {position}", 50) else position
    family = pick(booking.line, f"family {owner}", language.family)
    full_name = language.pattern.format(given=names.written(given), family=names.written(family))

    email = ""
    if chance(booking.line, f"email {position}", 50 if primary else 90):
        email = unique(f"{names.latin(given)}.{names.latin(family)}", taken)
    phone = ""
    if booking.country in PHONES and chance(booking.line, f"phone {position}", 60):
        phone = free_phone(booking, position, taken)
    suffix = "" if position == 1 else f"-{position}"
    return Guest(f"G{booking.line:06}{suffix}", full_name, email, phone, booking.check_out)


def unique(local_part: str, taken: set[str]) -> str:
    n = 1
    while (email := f"{local_part}{n if n > 1 else ''}@example.com") in taken:
        n += 1
    taken.add(email)
    return email


def free_phone(booking: Booking, position: int, taken: set[str]) -> str:
    """A number of the country's fictional range that no other guest has."""
    pattern, size = PHONES[booking.country]
    area = pick(booking.line, f"area {position}", US_AREAS)
    start = number(booking.line, f"number {position}")
    for step in range(size):
        phone = pattern.format(area=area, n=(start + step) % size)
        if phone not in taken:
            taken.add(phone)
            return phone
    return ""


def rows_of(booking: Booking) -> list[dict[str, str]]:
    status, changed = status_of(booking)
    return [
        {
            "reservation_key": booking.reservation_key,
            "status": status,
            "unit": booking.unit,
            "check_in": booking.check_in.isoformat(),
            "check_out": booking.check_out.isoformat(),
            "guest_key": guest.guest_key,
            "full_name": guest.full_name,
            "email": guest.email,
            "phone": guest.phone,
            "is_primary": "true" if position == 0 else "false",
            "updated_at": changed.strftime("%Y-%m-%dT%H:%M:00Z"),
        }
        for position, guest in enumerate(booking.guests)
    ]


def status_of(booking: Booking) -> tuple[str, datetime.datetime]:
    """What the hotel knew at the demo's noon, and since when: what happened later has not happened yet."""
    minute = number(booking.line, "minute") % 60
    if booking.outcome == "Canceled" and booking.outcome_day <= DEMO_DAY:
        return "cancelled", at(booking.outcome_day, 9, minute)
    if booking.outcome == "No-Show" and booking.check_in < DEMO_DAY:
        return "no_show", at(booking.check_in, 23, minute)
    if booking.outcome == "Check-Out" and booking.outcome_day <= DEMO_DAY:
        return "checked_out", at(booking.outcome_day, 10, minute)
    if booking.outcome == "Check-Out" and booking.check_in < DEMO_DAY:
        return "checked_in", at(booking.check_in, 16, minute)
    return "confirmed", at(booking.booked, 8, minute)


def at(day: datetime.date, hour: int, minute: int) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(hour, minute))


def workspace_of(rooms: list[str]) -> dict[str, list[dict]]:
    """A door and a space for each room, a lobby and a gym, and a grant of the hotel's own staff to be left alone."""
    entrances, devices, spaces = [], [], []
    for room in rooms:
        name, door_id = f"Room {room}", door_uuid(f"room-{room}")
        hotel_lock = int(room) % 100 <= HOTEL_LOCKS_PER_FLOOR
        if hotel_lock:
            entrances.append({
                "acs_entrance_id": door_id, "name": name, "can_unlock_with_code": True, "can_unlock_with_card": True,
                "can_unlock_with_mobile_key": True, "can_belong_to_reservation": True,
            })  # fmt: skip
        else:
            devices.append({"device_id": door_id, "name": name, "can_program_online_access_codes": True})
        spaces.append(space(f"room-{room}", name, [door_id] if hotel_lock else [], [] if hotel_lock else [door_id]))
    devices.append({"device_id": door_uuid("lobby"), "name": "Lobby", "can_program_online_access_codes": True})
    spaces.append(space("lobby", "Lobby", [], [door_uuid("lobby")]))
    entrances.append({
        "acs_entrance_id": door_uuid("gym"), "name": "Gym", "can_unlock_with_code": True, "can_unlock_with_card": True,
        "can_unlock_with_mobile_key": True, "can_belong_to_reservation": False,
    })  # fmt: skip
    spaces.append(space("gym", "Gym", [door_uuid("gym")], []))
    return {
        "entrances": entrances,
        "devices": devices,
        "spaces": spaces,
        "user_identities": [{"user_identity_key": "staff-cleaning", "full_name": "Cleaning team"}],
        "access_grants": [{
            "access_grant_key": "staff-cleaning", "user_identity_key": "staff-cleaning", "space_keys": ["gym", "lobby"],
            "starts_at": "2026-11-01T06:00:00Z", "ends_at": "2027-11-01T06:00:00Z",
            "requested_access_methods": [{"mode": "code"}],
        }],
    }  # fmt: skip


def space(space_key: str, name: str, acs_entrance_ids: list[str], device_ids: list[str]) -> dict:
    return {"space_key": space_key, "name": name, "acs_entrance_ids": acs_entrance_ids, "device_ids": device_ids}


def door_uuid(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://example.com/city-hotel/doors/{name}"))


def verify(bookings: list[Booking], rows: list[dict[str, str]], workspace: dict[str, list[dict]]) -> list[str]:
    """What must hold so that no row of the demo is rejected or held."""
    problems = []
    by_unit: dict[str, list[Booking]] = {}
    for booking in bookings:
        by_unit.setdefault(booking.unit, []).append(booking)
    for unit, stays in by_unit.items():
        stays.sort(key=lambda booking: booking.check_in)
        for before, after in zip(stays, stays[1:]):
            if at(before.check_out, CHECK_OUT.hour, 0) > at(after.check_in, CHECK_IN.hour, 0):
                problems.append(f"room {unit}: {before.reservation_key} overlaps {after.reservation_key}")

    space_keys = {space["space_key"] for space in workspace["spaces"]}
    door_ids = [door["acs_entrance_id"] for door in workspace["entrances"]]
    door_ids += [door["device_id"] for door in workspace["devices"]]
    if len(door_ids) != len(set(door_ids)):
        problems.append("two doors share an id")
    wanted = {"lobby", "gym", *(f"room-{row['unit']}" for row in rows)}
    problems += [f"no space {space_key}" for space_key in sorted(wanted - space_keys)]

    owners: dict[str, str] = {}
    people: dict[str, tuple[str, str, str]] = {}
    for row in rows:
        key = row["reservation_key"]
        for contact in filter(None, (row["email"], row["phone"])):
            if owners.setdefault(contact, row["guest_key"]) != row["guest_key"]:
                problems.append(f"{key}: a contact of {row['guest_key']} belongs to {owners[contact]}")
        person = (row["full_name"], row["email"], row["phone"])
        if people.setdefault(row["guest_key"], person) != person:
            problems.append(f"{key}: {row['guest_key']} is two people")
        opens = at(datetime.date.fromisoformat(row["check_in"]), CHECK_IN.hour, 0)
        closes = at(datetime.date.fromisoformat(row["check_out"]), CHECK_OUT.hour, 0)
        if row["status"] in GRANTING and closes <= DEMO_NOW:
            problems.append(f"{key}: {row['status']}, but over")
        if row["status"] == "confirmed" and opens < DEMO_NOW:
            problems.append(f"{key}: confirmed, but should have arrived")
        if row["status"] in ("checked_in", "checked_out", "no_show") and opens > DEMO_NOW:
            problems.append(f"{key}: {row['status']} before arrival")
        if row["updated_at"] > DEMO_NOW.strftime("%Y-%m-%dT%H:%M:00Z"):
            problems.append(f"{key}: changed after the demo's noon")
    stays = Counter((guest.guest_key, booking.check_in) for booking in bookings for guest in booking.guests)
    problems += [f"{guest_key} arrives twice on {day}" for (guest_key, day), count in stays.items() if count > 1]
    return problems


def summary(bookings: list[Booking], rows: list[dict[str, str]], rooms: list[str], left_out: Counter) -> str:
    statuses = Counter(status_of(booking)[0] for booking in bookings)
    wanted = [row for row in rows if row["status"] in GRANTING]
    hotel_locks = sum(int(room) % 100 <= HOTEL_LOCKS_PER_FLOOR for room in rooms)
    guest_keys = {row["guest_key"] for row in rows}
    returning = len(bookings) - len({booking.guests[0].guest_key for booking in bookings})
    return "\n".join([
        f"rows {len(rows)}, reservations {len(bookings)}, guests {len(guest_keys)}, bookings of a returning guest {returning}",
        "reservations: " + ", ".join(f"{status} {count}" for status, count in sorted(statuses.items())),
        f"wanted: {len(wanted)} grants for {len({row['guest_key'] for row in wanted})} guests"
        f" in {len({row['unit'] for row in wanted})} rooms",
        f"rooms {len(rooms)}: {hotel_locks} hotel locks, {len(rooms) - hotel_locks} smart locks",
        "left out: " + ", ".join(f"{reason} {count}" for reason, count in sorted(left_out.items())),
        f"e-mails {sum(bool(row['email']) for row in rows)} rows, phones {sum(bool(row['phone']) for row in rows)} rows",
    ])  # fmt: skip


def csv_text(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def json_text(workspace: dict[str, list[dict]]) -> str:
    """One object a line, so that a difference is readable."""
    parts = []
    for kind, things in workspace.items():
        lines = ",\n".join("  " + json.dumps(thing, ensure_ascii=False) for thing in things)
        parts.append(f'"{kind}": [\n{lines}\n]')
    return "{" + ",\n".join(parts) + "}\n"


def committed(name: str) -> str | None:
    path = SAMPLES / name
    return path.read_bytes().decode("utf-8") if path.exists() else None


def number(line: int, purpose: str) -> int:
    """A number that is the same in every run: a hash of the row and what it is for."""
    return int.from_bytes(hashlib.sha256(f"{SEED} {line} {purpose}".encode()).digest()[:8], "big")


def chance(line: int, purpose: str, percent: int) -> bool:
    return number(line, purpose) % 100 < percent


def pick(line: int, purpose: str, choices):
    return choices[number(line, purpose) % len(choices)]


if __name__ == "__main__":
    sys.exit(main())
