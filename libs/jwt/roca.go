package jwt

import "math/big"

// roca says that a modulus has the mark of keys made by the library of CVE-2017-15361. Their primes
// are k*M + (65537^a mod M), where M is the product of the first primes. So for each of these the
// rest of such a modulus is one of the few numbers that are powers of 65537. Of other keys about
// one in 2^27 has that too.
func roca(n *big.Int) bool {
	var rest big.Int
	for _, p := range [...]int64{
		11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157,
	} {
		if !power(rest.Mod(n, big.NewInt(p)).Int64(), p) {
			return false
		}
	}
	return true
}

// power says whether n is a power of 65537 in the integers modulo p.
func power(n, p int64) bool {
	for x := int64(1); ; {
		if x == n {
			return true
		}
		if x = x * 65537 % p; x == 1 {
			return false
		}
	}
}
