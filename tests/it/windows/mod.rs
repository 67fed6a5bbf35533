//! What only Windows has: a lock file that cannot be deleted, jobs, consoles, its shells, its paths.
