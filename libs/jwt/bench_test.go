package jwt_test

import "testing"

// BenchmarkCheck is what a token costs that was not seen before.
func BenchmarkCheck(b *testing.B) {
	for alg, s := range signers() {
		keys, r, raw := set(b, jwk(s.key, `,"kid":"k"`)), rules(), s.plain(good(""))
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := check(r, keys, raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
