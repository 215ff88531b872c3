#!/usr/bin/env python3
"""Writes date-1900.xlsx and date-1904.xlsx: the same two days under both of Excel's date systems."""
import pathlib
import zipfile

HERE = pathlib.Path(__file__).parent
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def make(name: str, from_1904: bool, order: int, birthday: int) -> None:
    text = lambda cell, value: f'<c r="{cell}" t="inlineStr"><is><t>{value}</t></is></c>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><workbookPr date1904="{int(from_1904)}"/><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{REL}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{REL}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData><row r="1">{text("A1", "会员号")}{text("B1", "下单日期")}{text("C1", "生日")}</row>'
        f'<row r="2"><c r="A2"><v>1</v></c><c r="B2" s="1"><v>{order}</v></c><c r="C2" s="1"><v>{birthday}</v></c></row></sheetData></worksheet>',
    }
    with zipfile.ZipFile(HERE / name, "w", zipfile.ZIP_DEFLATED) as book:
        for path, content in parts.items():
            entry = zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(entry, '<?xml version="1.0" encoding="UTF-8"?>' + content)


make("date-1900.xlsx", False, 40513, 31536)
make("date-1904.xlsx", True, 40513 - 1462, 31536 - 1462)
