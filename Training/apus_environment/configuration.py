"""What a batch of environments is made of; the library checks it."""

import ctypes
import dataclasses

from .library import Config

TASKS = ("trade", "execute", "quote")
MARKETS = ("hawkes", "signal", "queue_reactive")

FEATURES = (
    "spread spread_to_mean imbalance_1 imbalance_4 imbalance_8 imbalance_16 microprice_1 microprice_8 "
    "bid_queue ask_queue bid_depth_8 ask_depth_8 bid_span_8 ask_span_8 bid_gap ask_gap "
    "ofi_1_100ms ofi_1_1s ofi_1_10s ofi_1_60s ofi_8_100ms ofi_8_1s ofi_8_10s ofi_8_60s "
    "trade_flow_100ms trade_flow_1s trade_flow_10s trade_flow_60s "
    "trade_rate_100ms trade_rate_1s trade_rate_10s trade_rate_60s "
    "return_100ms return_1s return_10s return_60s "
    "vwap_distance_100ms vwap_distance_1s vwap_distance_10s vwap_distance_60s "
    "volatility_100ms volatility_1s volatility_10s volatility_60s "
    "time_since_trade time_since_move last_trade_size last_trade_offset").split()
OWN_STATE = (
    "own_position own_time_left own_equity own_mid_move "
    "own_bid_distance own_bid_ahead own_ask_distance own_ask_ahead").split()


@dataclasses.dataclass(frozen=True)
class Configuration:
    """The fields of apus_environment_config, with defaults; fees default to none, as the market is made up.

    `parameters` is the text of a file that `apus import --calibrate` wrote; None for the made-up ones.
    """

    task: str = "trade"
    market: str = "hawkes"
    environments: int = 1
    events_per_step: int = 1
    latency_events: int = 1
    episode_steps: int = 1000
    features: bool = True
    maximum_lots: int = 10
    quote_lots: int = 5
    quote_offsets: int = 5
    maker_fee_ppm: int = 0
    taker_fee_ppm: int = 0
    inventory_penalty_bps: float = 0.0
    signal_strength: float = 0.0
    parameters: str | None = None

    @property
    def observation_names(self):
        return (FEATURES if self.features else []) + OWN_STATE

    def native(self):
        values = dataclasses.asdict(self)
        for key, names in (("task", TASKS), ("market", MARKETS)):
            if values[key] not in names:
                raise ValueError(f"{key} must be one of {', '.join(names)}")
            values[key] = names.index(values[key])
        if self.parameters is not None:
            values["parameters"] = self.parameters.encode()
        return Config(size=ctypes.sizeof(Config), reserved=0, **values)
