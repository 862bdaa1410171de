// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// numbers is a collection of numbers.
type numbers map[int]bool

func (n numbers) add(records []int, _ int) {
	for _, r := range records {
		n[r] = true
	}
}
func (n numbers) size() int { return len(n) }
func (n numbers) reset()    { clear(n) }

// server is a list as a service may keep it, for better or worse.
type server struct {
	mu       sync.Mutex
	records  []int
	limit    int                                  // its own limit of a page, 100 when 0
	count    func(n, offset int) int              // what it says there are; nil: the truth
	order    func(records []int) []int            // for each request
	page     func(s *server, offset int) []int    // instead of all that
	meddle   func(s *server, request, offset int) // before each request
	requests int
	offsets  []int
	counts   atomic.Bool
}

func (s *server) fetch(_ context.Context, offset int) ([]int, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.offsets = append(s.offsets, offset)
	if s.meddle != nil {
		s.meddle(s, s.requests, offset)
	}
	count := len(s.records)
	if s.count != nil {
		count = s.count(count, offset)
	}
	if s.page != nil {
		return s.page(s, offset), count, nil
	}
	records := s.records
	if s.order != nil {
		records = s.order(slices.Clone(records))
	}
	from := min(offset, len(records))
	to := min(from+min(pageLimit, cmp.Or(s.limit, pageLimit)), len(records))
	return slices.Clone(records[from:to]), count, nil
}

func (s *server) read(t interface{ Context() context.Context }) (numbers, error) {
	found := numbers{}
	l := lister[int]{
		what: "things", op: "ListThings", limit: 8, fetch: s.fetch, into: found, counts: &s.counts,
	}
	err := l.read(t.Context())
	return found, err
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func shuffled(records []int) []int {
	rand.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	return records
}

// A list that holds still takes one request for each hundred records, and one more after a full
// page that is the last that the service counts.
func TestListTakesTheFewestRequests(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{0: 1, 1: 1, 99: 1, 100: 2, 101: 2, 200: 3, 201: 3, 1000: 11, 1999: 20, 20000: 201} {
		s := &server{records: upTo(n)}
		got, err := s.read(t)
		if err != nil || len(got) != n || s.requests != want {
			t.Errorf("%d records: %d read in %d requests, want %d: %v", n, len(got), s.requests, want, err)
		}
		slices.Sort(s.offsets)
		if len(slices.Compact(s.offsets)) != want {
			t.Errorf("%d records: offsets %v", n, s.offsets)
		}
	}
}

// Whatever a service does within reason, the list that is read is the list that there is.
func TestListIsComplete(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.OneOf(rapid.IntRange(0, 350), rapid.SampledFrom([]int{100, 200, 1000, 3000})).Draw(rt, "records")
		s := &server{records: upTo(n)}
		unstable := false
		switch rapid.SampledFrom([]string{"plain", "shuffled once", "unstable", "half pages", "odd pages", "overlapping", "count low", "count zero", "count negative", "no count", "count capped"}).Draw(rt, "service") {
		case "shuffled once":
			shuffled(s.records)
		case "unstable":
			s.order, unstable = shuffled, true
		case "half pages":
			s.limit = 50
		case "odd pages":
			s.limit = rapid.IntRange(10, 99).Draw(rt, "limit")
		case "overlapping":
			s.page = func(s *server, offset int) []int {
				from := min(max(0, offset-1), len(s.records))
				return s.records[from:min(from+pageLimit, len(s.records))]
			}
		case "count low":
			s.count = func(n, _ int) int { return min(n, 99) }
		case "count capped":
			s.count = func(n, _ int) int { return min(n, 1000) }
		case "count zero":
			s.count = func(int, int) int { return 0 }
		case "count negative", "no count":
			s.count = func(int, int) int { return -1 }
		}
		got, err := s.read(rt)
		if err != nil || len(got) != n {
			rt.Fatalf("%d of %d read in %d requests: %v", len(got), n, s.requests, err)
		}
		if pages := (n + 99) / 100; !unstable && s.limit == 0 && s.requests > 2*pages+8 {
			rt.Fatalf("%d requests for %d records", s.requests, n)
		}
	})
}

// A service whose count is that of the page alone, or ends at a thousand: no page that is full is
// taken for the last one, in a list and in those after it.
func TestCountThatIsTooLow(t *testing.T) {
	t.Parallel()
	for name, count := range map[string]func(n, offset int) int{
		"of the page": func(n, offset int) int { return min(max(0, n-offset), pageLimit) },
		"capped":      func(n, _ int) int { return min(n, 1000) },
	} {
		s := &server{count: count}
		for _, n := range []int{100, 99, 250, 300, 0, 1000, 1001, 2345, 1000, 1100, 5} {
			s.records = upTo(n)
			if got, err := s.read(t); err != nil || len(got) != n {
				t.Errorf("%s: %d of %d are read: %v", name, len(got), n, err)
			}
		}
	}
}

// A change while the list is read starts it over: what is given stood there at one time.
func TestListThatChanges(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		meddle func(s *server, request, offset int)
		want   []int // nil: an error
	}{
		"one comes": {func(s *server, request, _ int) {
			if request == 3 {
				s.records = append(s.records, 1000)
			}
		}, append(upTo(450), 1000)},
		"one leaves": {func(s *server, request, _ int) {
			if request == 3 {
				s.records = s.records[1:]
			}
		}, upTo(450)[1:]},
		"all leave": {func(s *server, request, _ int) {
			if request == 2 {
				s.records = nil
			}
		}, []int{}},
		"all come": {func(s *server, request, offset int) {
			if request == 1 {
				s.records = nil
			}
			if request == 2 {
				s.records = upTo(450)
			}
		}, []int{}},
		"every time": {func(s *server, request, _ int) { s.records = append(s.records, 1000+request) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{records: upTo(450), meddle: tc.meddle}
			got, err := s.read(t)
			if tc.want == nil {
				if err == nil || !strings.Contains(err.Error(), "things keep changing while they are read") || s.requests > 100 {
					t.Errorf("%d read in %d requests: %v", len(got), s.requests, err)
				}
				return
			}
			if err != nil || len(got) != len(tc.want) {
				t.Fatalf("%d read, want %d: %v", len(got), len(tc.want), err)
			}
			for _, r := range tc.want {
				if !got[r] {
					t.Errorf("%d is missing", r)
				}
			}
		})
	}
}

// Without an end, with a count that can't be true, or with the same page for ever: an error that
// says so, after a bounded number of requests.
func TestListThatLies(t *testing.T) {
	t.Parallel()
	full := func(_ *server, offset int) []int {
		page := upTo(pageLimit)
		for i := range page {
			page[i] += offset
		}
		return page
	}
	for name, tc := range map[string]struct {
		server *server
		says   string
		most   int // requests
	}{
		"endless, with a count":    {&server{page: full, count: func(int, int) int { return 1 << 40 }}, "counts 1099511627776 things: more than 500000", 1},
		"endless, without a count": {&server{page: full, count: func(int, int) int { return -1 }}, "the list of things has no end: 500100 were read", 5001},
		"endless, count 0":         {&server{page: full, count: func(int, int) int { return 0 }}, "has no end", 5001},
		"endless, count grows":     {&server{page: full, count: func(_, o int) int { return o + 200 }}, "keep changing", 60},
		"same page, with a count":  {&server{page: func(*server, int) []int { return upTo(100) }, count: func(int, int) int { return 1000 }}, "the same records come again and again", 15},
		"same page, a high count":  {&server{page: func(*server, int) []int { return upTo(100) }, count: func(int, int) int { return 400_000 }}, "the same records come again and again", 40},
		"same page, no count":      {&server{page: func(*server, int) []int { return upTo(100) }, count: func(int, int) int { return -1 }}, "the same records come again and again", 20},
		"count too high":           {&server{records: upTo(250), count: func(n, _ int) int { return n + 1 }}, "counts 251 things, but lists only 250 different ones", 30},
		"count far too high":       {&server{records: upTo(250), count: func(int, int) int { return 400_000 }}, "counts 400000", 300},
		"count without records":    {&server{count: func(int, int) int { return 7 }}, "counts 7 things, but lists only 0", 8},
		"a record twice":           {&server{records: append(upTo(150), 3), count: nil}, "counts 151 things, but lists only 150", 20},
		"one record a page":        {&server{page: func(*server, int) []int { return []int{1} }, count: func(int, int) int { return 400_000 }}, "sends only 1 things where 100 were asked for", 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := tc.server
			got, err := s.read(t)
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%d read: %v, want %q", len(got), err, tc.says)
			}
			if s.requests > tc.most {
				t.Errorf("%d requests, want at most %d", s.requests, tc.most)
			}
		})
	}
}

func TestListErrorEndsIt(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for _, at := range []int{0, 300, 900} {
		s := &server{records: upTo(1000)}
		found := numbers{}
		l := lister[int]{what: "things", limit: 2, into: found, counts: &s.counts}
		l.fetch = func(ctx context.Context, offset int) ([]int, int, error) {
			if offset == at {
				return nil, 0, boom
			}
			return s.fetch(ctx, offset)
		}
		if err := l.read(t.Context()); !errors.Is(err, boom) {
			t.Errorf("at %d: %v", at, err)
		}
	}
}

func TestVariantsOfAnAccount(t *testing.T) {
	t.Parallel()
	h := Account{Type: Simple, Name: "zhangsan"}.Handle()
	other := Account{Type: Simple, Name: "lisi"}.Handle()
	for range 50 {
		records := []authorization{{h, AD}, {h, Local}, {h, ""}, {h, AD}, {other, Local}, {h, Local}}
		rand.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		c := accountCollection{accounts: Accounts{}}
		c.add(records, 3)
		if c.size() != 4 || len(c.accounts) != 2 || c.accounts[h] != AD || c.accounts[other] != Local {
			t.Fatalf("size %d, %v", c.size(), c.accounts)
		}
		c.reset()
		if c.size() != 0 {
			t.Fatal("reset keeps records")
		}
	}
}
