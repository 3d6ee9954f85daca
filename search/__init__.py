"""A question becomes hits: candidates, fusion, re-ranking, evidence."""
