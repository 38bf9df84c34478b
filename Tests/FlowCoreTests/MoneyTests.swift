// SPDX-License-Identifier: Apache-2.0

import FlowCore
import Testing

struct MoneyTests {
    @Test func amountsAreExactAndClamped() {
        #expect(Money(dollars: 2.5).picodollars == 2_500_000_000_000)
        #expect(Money(dollars: 0.000_000_15) * 1_000_000 == Money(dollars: 0.15))
        #expect(Money(dollars: .nan) == .zero)
        #expect(Money(dollars: 1e300) == Money(picodollars: .max))
        #expect(Money(picodollars: .max) + Money(picodollars: 1) == Money(picodollars: .max))
        #expect(Money(picodollars: .min) - Money(picodollars: 1) == Money(picodollars: .min))
        #expect(Money(picodollars: .max) * -2 == Money(picodollars: .min))
    }

    @Test(
        arguments: [
            (0, "$0.000000"), (12_300_000_000, "$0.012300"), (1_499_999, "$0.000001"), (1_500_000, "$0.000002"),
            (-2_500_000_000_000, "-$2.500000"), (123_000_000_000_000, "$123.000000"),
        ] as [(Int64, String)])
    func sixDecimals(_ picodollars: Int64, _ text: String) {
        #expect(Money(picodollars: picodollars).description == text)
    }

    @Test func chargesAddUp() {
        let sum =
            CallCharge(tokens: .max, money: Money(dollars: 1)) + CallCharge(tokens: 5, isPriced: false)
        #expect(sum == CallCharge(tokens: .max, money: Money(dollars: 1), isPriced: false))
    }
}
