// The LSTM as its equations stand in the papers: scalars, double precision, no packing.

import Foundation

struct SlowLSTM {
  let inputs: Int
  let units: Int
  let inputKernel: [Float]
  let recurrentKernel: [Float]
  let bias: [Float]
  var hidden: [Double]
  var cell: [Double]

  init(inputs: Int, units: Int, inputKernel: [Float], recurrentKernel: [Float], bias: [Float]) {
    self.inputs = inputs
    self.units = units
    self.inputKernel = inputKernel
    self.recurrentKernel = recurrentKernel
    self.bias = bias
    hidden = Array(repeating: 0, count: units)
    cell = hidden
  }

  mutating func step(_ x: [Float]) {
    func sum(_ column: Int) -> Double {
      var z = Double(bias[column])
      for i in 0..<inputs { z += Double(x[i]) * Double(inputKernel[i * 4 * units + column]) }
      for i in 0..<units { z += hidden[i] * Double(recurrentKernel[i * 4 * units + column]) }
      return z
    }
    func sigmoid(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
    var next = hidden
    for u in 0..<units {
      let (i, f) = (sigmoid(sum(u)), sigmoid(sum(units + u)))
      let (g, o) = (tanh(sum(2 * units + u)), sigmoid(sum(3 * units + u)))
      cell[u] = f * cell[u] + i * g
      next[u] = o * tanh(cell[u])
    }
    hidden = next
  }
}
