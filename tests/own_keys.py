"""A scenario file whose locations have keys of their own: bellevue some, chicago all, sf and sv none."""

TEXT = """
[locations.bellevue]
growth_orders_daily = 12.5
noise_high = 1.3

[locations.bellevue.service_times]
ready_to_picked_up = { mean_min = 3.0 }

[locations.bellevue.driver]
ping_interval_s = 90

[locations.chicago]
growth_rate_daily = 0
growth_orders_daily = -20
noise_low = 1.0
noise_high = 1.0
brands = "all"
momentum = { improving = 0.1, flat = 0.2, declining = 0.7, growth = 0.8, decline = 0.2 }

[locations.chicago.baskets]
single_brand_probability = 0.4
brands_max = 4
items_max = 4
qty_max = 3
popularity_floor = 1e-9

[locations.chicago.service_times]
created_to_started = { mean_min = 9, sd_min = 0.5 }
minimum_min = 2

[locations.chicago.driver]
after_ready_probability = 0.1
arrival_alpha = 2
speed_mph = 11
ping_interval_s = 17

[locations.chicago.delivery]
radius_mi = 0.5
address_number_max = 88
"""
