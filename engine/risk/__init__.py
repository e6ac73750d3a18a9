"""From feature matrix to risk: train, calibrate, evaluate, explain, referral rules. Opens no database and reads no clock."""
