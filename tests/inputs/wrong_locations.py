"""Scenario files whose locations must be refused, each with the message after the file's name."""

WRONG_LOCATIONS = [
    (
        "[locations.sf.driver]\nspeed = 3",
        "locations.sf.driver.speed: unknown key, did you mean speed_mph?",
    ),
    (
        "[locations.sf.driver]\nspeed_mph = 0",
        "locations.sf.driver.speed_mph: expected 1 <= speed_mph <= 200, got 0.",
    ),
    (
        "[locations.sf.delivery]\nradius_mi = 0",
        "locations.sf.delivery.radius_mi: expected 0.1 <= radius_mi <= 50, got 0.",
    ),
    (
        "[locations.sf.baskets]\nitems_min = 4",
        "locations.sf.baskets.items_min: expected items_min <= items_max, got 4 and 3.",
    ),
    (
        "[locations.sf.service_times]\nfinished_to_ready = { sd_min = -1 }",
        "locations.sf.service_times.finished_to_ready.sd_min: expected 0 <= sd_min <= 240, got -1.",
    ),
    ("[locations.sf]\ndriver = 25", 'locations.sf.driver: expected a table, or "scenario", got 25.'),
    (
        "[locations.sf]\nservice_time = {}",
        "locations.sf.service_time: unknown key, did you mean service_times?",
    ),
    (
        "[locations.sf]\nnoise_low = 1.2",
        "locations.sf.noise_low: expected noise_low <= noise_high, got 1.2 and 1.1.",
    ),
    (
        '[locations.sf]\nnoise_high = "scenario"',
        "locations.sf.noise_high: expected a number, 0 <= noise_high <= 100, or \"demand\", got 'scenario'.",
    ),
    (
        "[locations.sf]\ngrowth_orders_daily = 3",
        (
            "locations.sf.growth_orders_daily: expected 0 beside growth_rate_daily = 0.0065, got 3.0: growth "
            "is linear or compounds, so set one of them to 0."
        ),
    ),
    (
        "[locations.sf]\ngrowth_orders_daily = nan",
        "locations.sf.growth_orders_daily: expected -1e+09 <= growth_orders_daily <= 1e+09, got nan.",
    ),
    (
        "[locations.sf.momentum]\nimproving = 0.1\nflat = 0.2\ngrowth = 0.8\ndecline = 0.2",
        ("locations.sf.momentum.declining: expected 0 <= declining <= 1, got nothing: the key is missing."),
    ),
    (
        "[locations.sf]\nmomentum = { improving = 1, flat = 1, declining = 0, growth = 1, decline = 0 }",
        "locations.sf.momentum.improving, flat, declining: expected shares with the sum 1, got 2.",
    ),
    (
        "[locations.sf]\nbase_orders = 10",
        "locations.sf.base_orders: unknown key, did you mean base_orders_day?",
    ),
    (
        "[locations.sf]\nlocation_id = 2",
        "locations.sv.location_id: expected a number of its own, got 2, which is sf's.",
    ),
    (
        "[locations.sf]\nlocation_id = 128",
        "locations.sf.location_id: expected 1 <= location_id <= 127, got 128.",
    ),
    ("[locations.sf]\nlat = 91", "locations.sf.lat: expected -85 <= lat <= 85, got 91."),
    ("[locations.sf]\nlon = nan", "locations.sf.lon: expected -180 <= lon <= 180, got nan."),
    (
        "[locations.sf]\nbase_orders_day = -1",
        "locations.sf.base_orders_day: expected 0 <= base_orders_day <= 1000000000, got -1.",
    ),
    (
        "[locations.sf]\nbase_orders_day = 150.5",
        (
            "locations.sf.base_orders_day: expected a whole number, 0 <= base_orders_day <= "
            "1000000000, got 150.5."
        ),
    ),
    (
        "[locations.sf]\ngrowth_rate_daily = -1.1",
        "locations.sf.growth_rate_daily: expected -1 <= growth_rate_daily <= 10, got -1.1.",
    ),
    (
        '[locations.sf]\ntimezone = "America/San_Francisco"',
        (
            "locations.sf.timezone: expected an IANA time zone such as America/Chicago, got "
            "'America/San_Francisco'."
        ),
    ),
    (
        '[locations.sf]\ntimezone = "PST"',
        "locations.sf.timezone: expected an IANA time zone such as America/Chicago, got 'PST'.",
    ),
    (
        '[locations.sf]\ntimezone = "../../etc/passwd"',
        (
            "locations.sf.timezone: expected an IANA time zone such as America/Chicago, got "
            "'../../etc/passwd'."
        ),
    ),
    (
        '[locations.sf]\nmax_orders_day = "few"',
        (
            "locations.sf.max_orders_day: expected a number, 0 <= max_orders_day <= 1e+12, or "
            "\"none\", got 'few'."
        ),
    ),
    (
        '[locations.sf]\nweekday_factors = "none"',
        ("locations.sf.weekday_factors: expected 7 numbers, each in 0..100, or \"demand\", got 'none'."),
    ),
    ('[locations.sf]\nenabled = "no"', "locations.sf.enabled: expected true or false, got 'no'."),
    ("[locations.fs]\nenabled = false", "locations.fs: unknown, expected one of sf, sv, bellevue, chicago."),
    (
        "[locations.cihcago]\nbase_orders_day = 400",
        (
            "locations.cihcago: expected a known location (did you mean chicago?) or a new one with "
            "location_id, name, lat, lon, base_orders_day, timezone, got one without location_id, "
            "name, lat, lon, timezone."
        ),
    ),
    (
        '[locations.austin]\nname = "Austin"',
        (
            "locations.austin: expected a known location or a new one with location_id, name, lat, "
            "lon, base_orders_day, timezone, got one without location_id, lat, lon, base_orders_day, "
            "timezone."
        ),
    ),
    ("[locations]\nsf = 3", "locations.sf: expected a table, got 3."),
    (
        (
            '[locations."a/b"]\nlocation_id = 9\nname = "A"\nlat = 1\nlon = 2\nbase_orders_day = '
            '3\ntimezone = "UTC"'
        ),
        (
            "locations.a/b.code: expected a code of 1 to 63 characters on one line, no comma or slash, no "
            "dot in front, no blank at either end, got 'a/b'."
        ),
    ),
    (
        (
            "[locations.sf]\nenabled = false\n[locations.sv]\nenabled = "
            "false\n[locations.bellevue]\nenabled = false\n[locations.chicago]\nenabled = false"
        ),
        "locations: expected at least one location, got none.",
    ),
    (
        '[locations.sf]\nbrands = "some"',
        "locations.sf.brands: expected a list of tables, or \"all\", got 'some'.",
    ),
    ("[locations.sf]\nbrands = [1, 2]", "locations.sf.brands[0]: expected a table, got 1."),
    (
        "[locations.sf]\nbrands = [{ brand_id = 99 }]",
        "locations.sf.brands.brand_id: expected a brand_id of the table of 24 brands, got 99.",
    ),
    (
        "[locations.sf]\nbrands = [{ start_day = 3 }]",
        (
            "locations.sf.brands[0].brand_id: expected 0 <= brand_id <= 9223372036854775807, got "
            "nothing: the key is missing."
        ),
    ),
    (
        "[locations.sf]\nbrands = [{ brand_id = 1 }, { brand_id = 1, start_day = 5 }]",
        "locations.sf.brands: expected each brand open once at a time, got brand_id 1 twice.",
    ),
    (
        "[locations.sf]\nbrands = [{ brand_id = 1, start_day = 5, end_day = 5 }]",
        "locations.sf.brands[0].start_day: expected start_day < end_day, got 5 and 5.",
    ),
    (
        "[locations.sf]\nbrands = [{ brand_id = 1, growth_rate_monthly = -2 }]",
        ("locations.sf.brands[0].growth_rate_monthly: expected -0.99 <= growth_rate_monthly <= 10, got -2."),
    ),
    (
        "[locations.sf]\nbrands = [{ brand_id = 1, growth = 0.1 }]",
        (
            "locations.sf.brands[0].growth: unknown key, expected one of brand_id, start_day, "
            "end_day, growth_rate_monthly, trajectory."
        ),
    ),
    (
        "days = 36500\n[locations.sf]\nbrands = [{ brand_id = 1, growth_rate_monthly = 9.0 }]",
        (
            "locations.sf.brands: expected a popularity below 1e+100, got 10^1217 by "
            "growth_rate_monthly 9.0 of brand_id 1 on day 36500."
        ),
    ),
]
