"""Work that goes on when whoever asked for it has gone."""
