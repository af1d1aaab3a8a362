"""The work of `reading.rs` in Python: rows to reservations with their stays as instants.

python3 benches/reading.py csv|excel FOLDER

It reads `bookings.csv` with the csv module or `bookings.xlsx` with openpyxl in its read-only mode, turns statuses into
what they mean, dates and times of the hotel into instants, and groups the rows. It is plain about everything else: it
looks neither at the shape of e-mail addresses nor at telephone numbers (the csv module has no such thing, and the
program spends a good part of its time there), trusts encoding, dates and keys, finds no repeated rows, proves no
date order, keeps no place for messages and hashes no bytes.

It writes one line: rows, reservations, seconds of computing, seconds, MB held, MB at the peak.
"""

import csv
import sys
import time
from collections import namedtuple
from datetime import date, datetime
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Lisbon")
CHECK_IN, CHECK_OUT = time_of_day(15), time_of_day(11)
MEANINGS = {"confirmed": "expected", "checked_in": "checked in", "cancelled": "revoked", "no_show": "revoked"}
YES = {"yes", "true", "1", True}

Stay = namedtuple("Stay", "row standing unit check_in check_out guest_key full_name email phone is_primary updated_at")


def megabytes(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name + ":")) / 1024


def instant(day, hour, default):
    if isinstance(day, datetime):
        day = day.date()
    elif not isinstance(day, date):
        day = date.fromisoformat(day)
    if not hour:
        hour = default
    elif not isinstance(hour, time_of_day):
        hour = time_of_day.fromisoformat(hour)
    return datetime.combine(day, hour, ZONE).timestamp()


def text(cell):
    return cell.strip() if isinstance(cell, str) else "" if cell is None else str(cell)


def reservations(rows):
    header = {name: position for position, name in enumerate(next(rows))}
    place = header.get
    key, status, unit = place("reservation_key"), place("status"), place("unit")
    check_in, check_in_time = place("check_in"), place("check_in_time")
    check_out, check_out_time = place("check_out"), place("check_out_time")
    guest_key, full_name, email, phone = place("guest_key"), place("full_name"), place("email"), place("phone")
    is_primary, updated_at = place("is_primary"), place("updated_at")
    found = {}
    n_rows = 0
    for row in rows:
        n_rows += 1
        stay = Stay(
            n_rows + 1,
            MEANINGS[row[status]],
            text(row[unit]),
            instant(row[check_in], check_in_time and row[check_in_time], CHECK_IN),
            instant(row[check_out], check_out_time and row[check_out_time], CHECK_OUT),
            text(row[guest_key]),
            text(row[full_name]),
            text(row[email]),
            phone and text(row[phone]),
            row[is_primary] in YES,
            updated_at and datetime.fromisoformat(row[updated_at]).timestamp(),
        )
        found.setdefault(text(row[key]), []).append(stay)
    return n_rows, sorted(found.items())


def read(kind, folder):
    if kind == "csv":
        with open(folder + "/bookings.csv", newline="", encoding="utf-8") as file:
            return reservations(csv.reader(file))
    import openpyxl

    book = openpyxl.load_workbook(folder + "/bookings.xlsx", read_only=True, data_only=True)
    return reservations(book.active.iter_rows(values_only=True))


def main():
    kind, folder = sys.argv[1:]
    if kind == "excel":
        import openpyxl  # noqa: F401  is no part of reading
    held, computed, began = megabytes("VmRSS"), time.process_time(), time.perf_counter()
    n_rows, found = read(kind, folder)
    wall, computed = time.perf_counter() - began, time.process_time() - computed
    print(n_rows, len(found), computed, wall, megabytes("VmRSS") - held, megabytes("VmHWM") - held)


main()
