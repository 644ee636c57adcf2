"""HTTP only: routes, schemas, errors. What they do lies in ``bloghound.jobs``."""
