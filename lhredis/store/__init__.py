"""store: everything that knows Redis. Bytes become models here and nowhere else."""
