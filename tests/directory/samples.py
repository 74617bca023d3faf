"""Small files in the shape of the federal ones, and the real ones where they are at hand."""

import io
import zipfile
from pathlib import Path

import pytest

_ABOVE = Path(__file__).parents[3:5]
SHARED = next((up / "shared" / "data" for up in _ABOVE if (up / "shared").exists()), Path("none"))
EDGE_FILE = SHARED / "nces-edge-lea-2018-19" / "EDGE_GEOCODE_PUBLICLEA_1819.xlsx"
SAIPE_FILE = SHARED / "saipe" / "ussd23.xls"
ELSI = SHARED / "nces-elsi"
ELSI_EXPORT = ELSI / "ELSI_excel_export_6376850743830017197307.xls"

needs_shared_data = pytest.mark.skipif(
    not EDGE_FILE.exists(), reason="the federal files are not kept with the project"
)

EDGE_HEADER = [
    *("LEAID", "NAME", "OPSTFIPS", "STREET", "CITY", "STATE", "ZIP", "STFIP", "CNTY", "NMCNTY"),
    *("LAT", "LON", "CBSA", "SCHOOLYEAR", "LOCALE"),
]
SAIPE_HEADER = [
    *("State Postal Code", "State FIPS Code", "District ID", "Name"),
    *("Estimated Total Population", "Estimated Population 5-17"),
    "Estimated number of relevant children 5 to 17 years old in poverty who are related to the "
    "householder",
]
OWN_HEADER = (
    "leaid,name,name_year,street,city,state,locale,place_year,pupils,pupils_year,pupils_source,"
    "children,children_in_poverty,poverty_year"
)


def edge_row(leaid="3900001", name="Maple Valley Local", **cells):
    row = {
        "LEAID": leaid,
        "NAME": name,
        "OPSTFIPS": "39",
        "STREET": "12 Main St",
        "CITY": "Maple",
        "STATE": "OH",
        "ZIP": "45701",
        "STFIP": "39",
        "CNTY": "39009",
        "NMCNTY": "Athens County",
        "LAT": 39.33,
        "LON": -82.1,
        "CBSA": "N",
        "SCHOOLYEAR": "2018-2019",
        "LOCALE": "42",
    }
    return list((row | cells).values())


def edge(*rows):
    return workbook([EDGE_HEADER, *rows])


def saipe(*rows, title="2023 Poverty Estimates for School districts"):
    return workbook([["Table with column headers in row 3"], [title], SAIPE_HEADER, *rows])


def own(*lines):
    return "\n".join([OWN_HEADER, *lines, ""]).encode()


def workbook(rows):
    """A workbook with one sheet, written by hand; numbers are numbers, text is text."""
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(_cell(f"{_letters(at)}{number}", value) for at, value in enumerate(row))
        lines.append(f'<row r="{number}">{cells}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
        "_rels/.rels": (
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
            f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
            '<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" '
            f'Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ),
        "xl/worksheets/sheet1.xml": (
            f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
        ),
    }
    return zipped(parts)


def zipped(parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


def _letters(at):
    return chr(65 + at) if at < 26 else f"A{chr(65 + at - 26)}"


def _cell(place, value):
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
