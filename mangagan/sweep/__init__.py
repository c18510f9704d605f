"""Many runs of one question: planned, trained one after another or on a cluster, judged alike and put in a table."""
