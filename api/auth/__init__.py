"""Who is asking: keys, scopes, sessions, and what is signed. Central name: :class:`api.auth.actor.Actor`."""
