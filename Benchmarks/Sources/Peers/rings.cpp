// Queues of one producer and one consumer that others wrote, and the floor under all of them.
#include <readerwriterqueue/readerwriterqueue.h>

#include <atomic>
#include <boost/lockfree/spsc_queue.hpp>
#include <thread>

#include "peers.h"

namespace {

constexpr size_t slots = 4096;

/// Runs both ends, each on its CPU, from a common start until the consumer has seen everything.
template <typename Producer, typename Consumer>
peer_ring_result run(int producer_cpu, int consumer_cpu, Producer produce, Consumer consume) {
  std::atomic<int> ready{0};
  std::thread producer([&] {
    peer_pin(producer_cpu);
    ready.fetch_add(1);
    while (ready.load() < 2) __builtin_ia32_pause();
    produce();
  });
  peer_ring_result result{};
  std::thread consumer([&] {
    peer_pin(consumer_cpu);
    ready.fetch_add(1);
    while (ready.load() < 2) __builtin_ia32_pause();
    const int64_t start = peer_now_ns();
    result.sum = consume();
    result.duration_ns = peer_now_ns() - start;
  });
  producer.join();
  consumer.join();
  return result;
}

/// Pushes elements that count up, each as soon as `push` takes it.
template <typename Push>
void produce(int64_t count, Push push) {
  peer_element element{};
  for (int64_t i = 0; i < count; i++) {
    element.words[0] = (uint64_t)i;
    while (!push(element)) __builtin_ia32_pause();
  }
}

}  // namespace

peer_ring_result peer_ring_boost(int64_t count, int producer_cpu, int consumer_cpu) {
  boost::lockfree::spsc_queue<peer_element, boost::lockfree::capacity<slots>> queue;
  return run(
      producer_cpu, consumer_cpu,
      [&] { produce(count, [&](const peer_element &element) { return queue.push(element); }); },
      [&] {
        uint64_t sum = 0;
        int64_t taken = 0;
        while (taken < count) {
          const size_t batch = queue.consume_all([&](const peer_element &element) { sum += element.words[0]; });
          if (batch == 0) __builtin_ia32_pause();
          taken += (int64_t)batch;
        }
        return sum;
      });
}

peer_ring_result peer_ring_moodycamel(int64_t count, int producer_cpu, int consumer_cpu) {
  moodycamel::ReaderWriterQueue<peer_element> queue(slots);
  return run(
      producer_cpu, consumer_cpu,
      [&] { produce(count, [&](const peer_element &element) { return queue.try_enqueue(element); }); },
      [&] {
        uint64_t sum = 0;
        for (int64_t taken = 0; taken < count;) {
          const peer_element *element = queue.peek();
          if (!element) {
            __builtin_ia32_pause();
            continue;
          }
          sum += element->words[0];
          queue.pop();
          taken++;
        }
        return sum;
      });
}

peer_ring_result peer_ping_pong(int64_t round_trips, int first_cpu, int second_cpu) {
  struct alignas(128) flag {
    std::atomic<int64_t> value{0};
  };
  flag ping, pong;
  return run(
      second_cpu, first_cpu,
      [&] {
        for (int64_t i = 1; i <= round_trips; i++) {
          while (ping.value.load(std::memory_order_acquire) != i) __builtin_ia32_pause();
          pong.value.store(i, std::memory_order_release);
        }
      },
      [&] {
        for (int64_t i = 1; i <= round_trips; i++) {
          ping.value.store(i, std::memory_order_release);
          while (pong.value.load(std::memory_order_acquire) != i) __builtin_ia32_pause();
        }
        return (uint64_t)round_trips;
      });
}
