"""What a notebook sees: ObsPy in and out."""
