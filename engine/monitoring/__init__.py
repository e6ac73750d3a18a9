"""After shipment: which to visit, what was found, what it teaches, what is due. Opens no database and trains nothing."""
