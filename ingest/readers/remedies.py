"""What to do about files that cannot be read."""

from __future__ import annotations

CONVERT = "repair or convert the file, or leave it out; the other files are not affected"
SPLIT = "split the file into parts, or leave it out; the other files are not affected"
UNLOCK = "save a copy without a password or copy protection"
RECOGNISE = "run text recognition (OCR) on it first"
UNPACK = "unpack it and ingest what is inside"
SAVE_ANEW = "save it as DOCX or PDF"
CHECK_ACCESS = "check that the file is there and may be read"
