"""Readers that turn unpacked Debian packages and the sentence pairs into aligned texts."""
