"""Ways to receivers, one a module: a class with a plain ``send(letter, now_ns)`` that says what became of it."""
