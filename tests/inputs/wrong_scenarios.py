"""Scenario files that must be refused, each with the message after the file's name."""

WRONG = [
    ("dayz = 30", "dayz: unknown key, did you mean days?"),
    ("[demand]\nnoise_lo = 0.9", "demand.noise_lo: unknown key, did you mean noise_low?"),
    (
        "[zzz]\na = 1",
        (
            "zzz: unknown key, expected one of name, seed, start, days, scale, clock, demand, "
            "baskets, service_times, driver, delivery, locations, events, kitchen."
        ),
    ),
    ("kitchen = 5", 'kitchen: expected "statistical" or "stations", got 5.'),
    ('[kitchen]\nmodel = "bells"', 'kitchen.model: expected "statistical" or "stations", got \'bells\'.'),
    ("[kitchen]\nstovs = 3", "kitchen.stovs: unknown key, did you mean stoves?"),
    ("[kitchen]\nstoves = 0", "kitchen.stoves: expected 1 <= stoves <= 62, got 0."),
    ("[kitchen]\nlead_min = 121", "kitchen.lead_min: expected 0 <= lead_min <= 120, got 121."),
    (
        '[kitchen]\nmodel = "stations"\ndispatch = "first"',
        'kitchen.dispatch: expected "oldest" or "nearest", got \'first\'.',
    ),
    (
        '[kitchen]\nmodel = "stations"\naccept_overload = 1',
        "kitchen.accept_overload: expected true or false, got 1.",
    ),
    (
        '[kitchen]\nmodel = "stations"\n[locations.sf.kitchen]\ncouriers = 0',
        "locations.sf.kitchen.couriers: expected 1 <= couriers <= 100000, got 0.",
    ),
    ("[locations.sf.kitchen]\noven = 2", "locations.sf.kitchen.oven: unknown key, did you mean ovens?"),
    (
        '[kitchen]\nmodel = "stations"\n[locations.sf.kitchen]\nmodel = "statistical"',
        (
            "locations.sf.kitchen.model: expected 'stations' as in [kitchen], got 'statistical': "
            "all kitchens of a scenario are of one model."
        ),
    ),
    ("seed = -1", "seed: expected 0 <= seed <= 18446744073709551615, got -1."),
    (
        "seed = 18446744073709551616",
        "seed: expected 0 <= seed <= 18446744073709551615, got 18446744073709551616.",
    ),
    ("seed = 4.0", "seed: expected a whole number, 0 <= seed <= 18446744073709551615, got 4.0."),
    ("seed = true", "seed: expected a whole number, 0 <= seed <= 18446744073709551615, got True."),
    ('seed = "42"', "seed: expected a whole number, 0 <= seed <= 18446744073709551615, got '42'."),
    ("days = 0", "days: expected 1 <= days <= 36500, got 0."),
    ("days = 36501", "days: expected 1 <= days <= 36500, got 36501."),
    ("days = 40.5", "days: expected a whole number, 1 <= days <= 36500, got 40.5."),
    ("days = [90]", "days: expected a whole number, 1 <= days <= 36500, got [90]."),
    ("scale = 0", "scale: expected 0 < scale <= 1e+09, got 0."),
    ("scale = -1", "scale: expected 0 < scale <= 1e+09, got -1."),
    ("scale = nan", "scale: expected 0 < scale <= 1e+09, got nan."),
    ("scale = inf", "scale: expected 0 < scale <= 1e+09, got inf."),
    ("scale = true", "scale: expected a number, 0 < scale <= 1e+09, got True."),
    ('scale = "2"', "scale: expected a number, 0 < scale <= 1e+09, got '2'."),
    (
        'start = "yesterday"',
        "start: expected a date YYYY-MM-DD, 1970-01-01 <= start <= 2400-01-01, got 'yesterday'.",
    ),
    (
        "start = 2024-01-01T00:00:00",
        ("start: expected a date YYYY-MM-DD, 1970-01-01 <= start <= 2400-01-01, got 2024-01-01 00:00:00."),
    ),
    (
        'start = "2024-02-30"',
        ("start: expected a date that exists, 1970-01-01 <= start <= 2400-01-01, got '2024-02-30'."),
    ),
    ("start = 1969-12-31", "start: expected 1970-01-01 <= start <= 2400-01-01, got 1969-12-31."),
    ("start = 5", "start: expected a date YYYY-MM-DD, 1970-01-01 <= start <= 2400-01-01, got 5."),
    ('clock = "local"', 'clock: expected "kitchen" or "utc", got \'local\'.'),
    ('name = ""', "name: expected 1 to 200 characters on one line, got ''."),
    ('name = "a\\u0000b"', "name: expected 1 to 200 characters on one line, got 'a\\x00b'."),
    ("name = 3", "name: expected a string, 1 to 200 characters on one line, got 3."),
    ('preset = "older"', 'preset: expected "canonical" or "none", got \'older\'.'),
    ("preset = 3", 'preset: expected "canonical" or "none", got 3.'),
    ("demand = 3", "demand: expected a table, got 3."),
    ("locations = []", "locations: expected tables [locations.CODE], got []."),
    ("events = 1", "events: expected tables [events.NAME], got 1."),
    ("[demand]\nnoise_low = -1", "demand.noise_low: expected 0 <= noise_low <= 100, got -1."),
    ("[demand]\nnoise_low = 1.2", "demand.noise_low: expected noise_low <= noise_high, got 1.2 and 1.1."),
    (
        "[demand]\nweekday_factors = [1, 1, 1]",
        "demand.weekday_factors: expected 7 numbers, each in 0..100, got [1, 1, 1].",
    ),
    (
        "[demand]\nweekday_factors = [1, 1, 1, 1, 1, 1, -1]",
        "demand.weekday_factors: expected 7 numbers, each in 0..100, got [1, 1, 1, 1, 1, 1, -1].",
    ),
    (
        '[demand]\nweekday_factors = [1, 1, 1, 1, 1, 1, "x"]',
        (
            "demand.weekday_factors: expected a number, 7 numbers, each in 0..100, got [1, 1, 1, 1, "
            "1, 1, 'x']."
        ),
    ),
    (
        '[demand.windows.lunch]\nstart = "14:00"',
        "demand.windows.lunch.start: expected start < end, got 14:00 and 13:30.",
    ),
    (
        '[demand.windows.lunch]\nstart = "25:00"',
        "demand.windows.lunch.start: expected \"HH:MM\", 00:00 to 23:59, got '25:00'.",
    ),
    (
        "[demand.windows.lunch]\nstart = 11",
        'demand.windows.lunch.start: expected "HH:MM", 00:00 to 23:59, got 11.',
    ),
    (
        '[demand.windows.lunch]\nend = "24:01"',
        "demand.windows.lunch.end: expected \"HH:MM\", 00:01 to 24:00, got '24:01'.",
    ),
    (
        "[demand.windows.lunch]\npeak = -0.5",
        "demand.windows.lunch.peak: expected 0 <= peak <= 1000, got -0.5.",
    ),
    (
        '[demand.windows.lunch]\nshape = "bowl"',
        'demand.windows.lunch.shape: expected "bell" or "flat", got \'bowl\'.',
    ),
    (
        '[demand.windows.tea]\nstart = "15:00"',
        ('demand.windows.tea.end: expected "HH:MM", 00:01 to 24:00, got nothing: the key is missing.'),
    ),
    ("[demand.windows.tea]\nenabled = false", "demand.windows.tea: unknown, expected one of lunch, dinner."),
    (
        (
            '[demand.windows.a]\nstart = "01:00"\nend = "02:00"\npeak = 0.2\nshape = '
            '"flat"\n[demand.windows.b]\nstart = "01:30"\nend = "02:00"\npeak = 0.1\nshape = "flat"'
        ),
        (
            "demand.windows, locations.sf.windows: expected a demand weight >= 0 at every minute and "
            "> 0 somewhere, got -0.7 at 01:30."
        ),
    ),
    (
        (
            '[demand.windows.all]\nstart = "00:00"\nend = "24:00"\npeak = 0\nshape = '
            '"flat"\n[demand.windows.lunch]\nenabled = false\n[demand.windows.dinner]\nenabled = false'
        ),
        (
            "demand.windows, locations.sf.windows: expected a demand weight >= 0 at every minute and "
            "> 0 somewhere, got 0 all day."
        ),
    ),
    (
        "[baskets]\nsingle_brand_probability = 1.01",
        "baskets.single_brand_probability: expected 0 <= single_brand_probability <= 1, got 1.01.",
    ),
    ("[baskets]\nbrands_min = 4", "baskets.brands_min: expected brands_min <= brands_max, got 4 and 3."),
    ("[baskets]\nitems_max = 0", "baskets.items_max: expected 1 <= items_max <= 16, got 0."),
    ("[baskets]\nitems_max = 17", "baskets.items_max: expected 1 <= items_max <= 16, got 17."),
    ("[baskets]\nqty_max = 10", "baskets.qty_max: expected 1 <= qty_max <= 9, got 10."),
    (
        "[baskets]\npopularity_floor = 0",
        "baskets.popularity_floor: expected 0 < popularity_floor <= 1, got 0.",
    ),
    (
        "[baskets]\npopularity_period_days = 0",
        "baskets.popularity_period_days: expected 1 <= popularity_period_days <= 36500, got 0.",
    ),
    (
        "[service_times]\ncreated_to_started = { mean_min = 2, sd_min = -1 }",
        "service_times.created_to_started.sd_min: expected 0 <= sd_min <= 240, got -1.",
    ),
    ("[service_times]\ncreated_to_started = 2", "service_times.created_to_started: expected a table, got 2."),
    (
        "[service_times]\ncooking = { mean_min = 2, sd_min = 1 }",
        (
            "service_times.cooking: unknown key, expected one of created_to_started, "
            "started_to_finished, finished_to_ready, ready_to_picked_up, minimum_min."
        ),
    ),
    (
        "[service_times]\nminimum_min = 0",
        "service_times.minimum_min: expected 0.001 <= minimum_min <= 60, got 0.",
    ),
    (
        "[driver]\nafter_ready_probability = -0.1",
        "driver.after_ready_probability: expected 0 <= after_ready_probability <= 1, got -0.1.",
    ),
    ("[driver]\narrival_alpha = 0", "driver.arrival_alpha: expected 0.1 <= arrival_alpha <= 100, got 0."),
    ("[driver]\nspeed_mph = 0", "driver.speed_mph: expected 1 <= speed_mph <= 200, got 0."),
    (
        "[driver]\nping_interval_s = 0",
        "driver.ping_interval_s: expected 1 <= ping_interval_s <= 86400, got 0.",
    ),
    (
        "[driver]\nping_interval_s = 59.5",
        ("driver.ping_interval_s: expected a whole number, 1 <= ping_interval_s <= 86400, got 59.5."),
    ),
    (
        '[driver]\nping_position = "edge"',
        'driver.ping_position: expected "distance" or "node", got \'edge\'.',
    ),
    ("[delivery]\nradius_mi = 0", "delivery.radius_mi: expected 0.1 <= radius_mi <= 50, got 0."),
    (
        "[delivery]\naddress_number_max = 0",
        "delivery.address_number_max: expected 1 <= address_number_max <= 999999, got 0.",
    ),
    (
        '[delivery]\naddress_street = "Main\\nSt"',
        "delivery.address_street: expected 1 to 100 characters on one line, got 'Main\\nSt'.",
    ),
    (
        "[events.rush]\nfactor = 2",
        ("events.rush.first_day: expected 0 <= first_day <= 36500, got nothing: the key is missing."),
    ),
    (
        "[events.rush]\nday = 4\ndays = [4, 5]\nfactor = 2",
        "events.rush: expected one of day, days and first_day, got day, days.",
    ),
    (
        "[events.rush]\ndays = [5, 4]\nfactor = 2",
        "events.rush.first_day: expected first_day <= last_day, got 5 and 4.",
    ),
    ("[events.rush]\ndays = 5\nfactor = 2", "events.rush.days: expected [first, last], got 5."),
    (
        "[events.rush]\nday = -1\nfactor = 2",
        "events.rush.first_day: expected 0 <= first_day <= 36500, got -1.",
    ),
    ("[events.rush]\nday = 4\nfactor = -2", "events.rush.factor: expected 0 <= factor <= 1000, got -2."),
    (
        '[events.rush]\nday = 4\nfactor = 2\nlocations = ["la"]',
        "events.rush.locations: expected codes among sf, sv, bellevue, chicago, got 'la'.",
    ),
    (
        '[events.rush]\nday = 4\nfactor = 2\nlocations = "sf"',
        "events.rush.locations: expected a list of different strings, got 'sf'.",
    ),
    (
        '[events.rush]\nday = 4\nfactor = 2\nlocations = ["sf", "sf"]',
        "events.rush.locations: expected a list of different strings, got ['sf', 'sf'].",
    ),
    (
        '[events.rush]\nday = 4\nfactor = 2\nfrom = "20:00"\nto = "17:00"',
        "events.rush.from: expected from < to, got 20:00 and 17:00.",
    ),
    (
        "[events.rush]\nenabled = false",
        "events.rush: unknown, expected none, there is nothing to switch off.",
    ),
]
