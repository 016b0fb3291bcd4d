package ratelimit

// ways is how many keys share a place. The tags and the times of use are in one line of the
// cache each, or nearly so.
const ways = 8

// A set is the keys of one place.
type set struct {
	tags  [ways]uint64 // hashes of keys; 0: none
	empty [ways]int64  // when their buckets were empty, by the time of the pot
	used  [ways]uint32 // when they were used last, in ages
}

// age is how many ticks the times of use count in: 16.8 ms. They wrap after two years, and so are
// compared by their difference.
const age = 1 << 24 * tick

// find returns the place of a key, -1 if it has none.
func (s *set) find(tag uint64) int {
	for i := range s.tags {
		if s.tags[i] == tag {
			return i
		}
	}
	return -1
}

// free returns a place without a key, -1 if there is none.
func (s *set) free() int { return s.find(0) }

// oldest returns the key that was not used for longest.
func (s *set) oldest(now uint32) (oldest int) {
	for i := 1; i < ways; i++ {
		if int32(now-s.used[i]) > int32(now-s.used[oldest]) {
			oldest = i
		}
	}
	return oldest
}
