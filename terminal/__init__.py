"""What a person or a script touches: the command line, the screen, the printed shapes, the wiring."""
