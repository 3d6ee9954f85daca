"""What to do about files that cannot be read."""

from __future__ import annotations

CONVERT = "Repair or convert the file, or leave it out; the other files are not affected."
SPLIT = "Split the file into parts, or leave it out; the other files are not affected."
UNLOCK = "Save a copy without a password or copy protection."
RECOGNISE = "Install Tesseract and ingest again, or run text recognition (OCR) on it first."
UNPACK = "Unpack it and ingest what is inside."
SAVE_ANEW = "Save it as DOCX, XLSX, PPTX or PDF."
CHECK_ACCESS = "Check that the file is there and may be read."
