"""Goes through all cells of a workbook with openpyxl in read-only mode, and tells the seconds of computing.

python3 benches/openpyxl_rows.py bookings.xlsx
"""

import sys
import time

import openpyxl

for _ in range(3):
    before = time.process_time()
    sheet = openpyxl.load_workbook(sys.argv[1], read_only=True, data_only=True).active
    n_rows = sum(1 for row in sheet.iter_rows(values_only=True) if row[0] is not None)
    print(f"{n_rows - 1} rows through openpyxl: {time.process_time() - before:.3f} s of computing")
