"""How the built-in encoder is made: corpora, vocabulary, static space, transplant, distillation, export."""
