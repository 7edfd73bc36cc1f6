"""The strategies of Tests/parity/Engine for hftbacktest: what one does the other does, in the same order."""

from numba import njit
from hftbacktest import BUY, FILLED, GTC, GTX, LIMIT

SELL_BIT = 1 << 40


@njit
def note_fills(hbt, fills, count):
    """Writes the fills that the strategy has heard of and not seen before; orders that are over are forgotten after it."""
    values = hbt.orders(0).values()
    while values.has_next():
        order = values.get()
        if order.status == FILLED:
            fills[count, 0] = order.order_id
            fills[count, 1] = order.exch_timestamp
            fills[count, 2] = order.exec_price_tick
            fills[count, 3] = order.side
            fills[count, 4] = 1 if order.arr[0].maker else 0
            count += 1
    return count


@njit
def note_position(hbt, lot, positions, count):
    lots = round(hbt.position(0) / lot)
    if lots != (positions[count - 1, 1] if count > 0 else 0):
        positions[count, 0] = hbt.current_timestamp
        positions[count, 1] = lots
        count += 1
    return count


@njit
def grid(hbt, interval, levels, distance, step, lots, limit, lot, record, fills, positions):
    tick = hbt.depth(0).tick_size
    quantity, greatest = lots * lot, limit * lot - lot / 2
    filled, moved, orders_sent = 0, 0, 0
    while hbt.elapse(interval) == 0:
        if record:
            filled = note_fills(hbt, fills, filled)
            moved = note_position(hbt, lot, positions, moved)
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        bid, ask = depth.best_bid_tick, depth.best_ask_tick
        if bid < 0 or ask > 1 << 60:
            continue
        position = hbt.position(0)
        may_buy, may_sell = position < greatest, position > -greatest
        highest, lowest = bid - distance, ask + distance
        orders = hbt.orders(0)
        values = orders.values()
        while values.has_next():
            order = values.get()
            if order.cancellable:
                is_buy = order.side == BUY
                away = highest - order.price_tick if is_buy else order.price_tick - lowest
                on_grid = away >= 0 and away < levels * step and away % step == 0
                if not (on_grid and (may_buy if is_buy else may_sell)):
                    hbt.cancel(0, order.order_id, False)
        for level in range(levels):
            price = highest - level * step
            if may_buy and price not in orders:
                hbt.submit_buy_order(0, price, price * tick, quantity, GTX, LIMIT, False)
                orders_sent += 1
            price = lowest + level * step
            if may_sell and price + SELL_BIT not in orders:
                hbt.submit_sell_order(0, price + SELL_BIT, price * tick, quantity, GTX, LIMIT, False)
                orders_sent += 1
    if record:
        filled = note_fills(hbt, fills, filled)
    return filled, moved, orders_sent


@njit
def aggressive(hbt, interval, lots, limit, lot, record, fills, positions):
    tick = hbt.depth(0).tick_size
    quantity, greatest = lots * lot, limit * lot - lot / 2
    filled, moved, next_id, last_bid = 0, 0, 1, 0
    while hbt.elapse(interval) == 0:
        if record:
            filled = note_fills(hbt, fills, filled)
            moved = note_position(hbt, lot, positions, moved)
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        bid, ask = depth.best_bid_tick, depth.best_ask_tick
        if bid < 0 or ask > 1 << 60:
            continue
        values = hbt.orders(0).values()
        while values.has_next():
            order = values.get()
            if order.cancellable:
                hbt.cancel(0, order.order_id, False)
        move = 0 if last_bid == 0 else bid - last_bid
        last_bid = bid
        position = hbt.position(0)
        if move > 0 and position < greatest:
            hbt.submit_buy_order(0, next_id, ask * tick, quantity, GTC, LIMIT, False)
            next_id += 1
        if move < 0 and position > -greatest:
            hbt.submit_sell_order(0, next_id, bid * tick, quantity, GTC, LIMIT, False)
            next_id += 1
    if record:
        filled = note_fills(hbt, fills, filled)
    return filled, moved, next_id - 1
