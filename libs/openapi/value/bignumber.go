package value

import "math/big"

// multipleOfLong is MultipleOf for a divisor of more digits than a word has. shift is how many
// zeros come behind d's digits.
func (d Decimal) multipleOfLong(of Decimal, shift int64) bool {
	m, _ := new(big.Int).SetString(string(of.Digits), 10)
	n, _ := new(big.Int).SetString(string(d.Digits), 10)
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(shift), m)
	n.Mul(n.Mod(n, m), power)
	return n.Mod(n, m).Sign() == 0
}
