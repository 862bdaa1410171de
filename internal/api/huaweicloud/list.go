// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

const (
	// pageLimit is the largest limit of the lists (vendor pages ListAppAuthorizations and ListApps).
	pageLimit = 100
	// maxPageBytes is far above what a page of applications with the longest descriptions takes.
	maxPageBytes = 4 << 20
	// minPage is how short the pages of a longer list may be, and maxShortPages how many shorter ones are put up with: they would take requests without end.
	minPage       = 10
	maxShortPages = 50
	// maxRecords is where a list is taken for one without an end.
	maxRecords = 500_000
	// maxRestarts is how often a list may change while it is read.
	maxRestarts = 5
	// maxPasses bounds the passes over one list, and maxStale those in a row that showed nothing new. Where the order changes with every request, a
	// pass misses a certain record with a chance of 37 %: twelve in a row do in 1 of 150,000 cases.
	maxPasses = 60
	maxStale  = 12
	// maxIdentical is how often a list may come back the same, though it holds less than it counts.
	maxIdentical = 2
)

// errMoved tells that the list changed while it was read.
var errMoved = errors.New("the list changed while it was read")

// page is what one request of a list brought: keys identify the records, in order.
type page struct {
	count    int // the total that the service counts, -1 when it doesn't say
	received int
}

// collection takes the records of a list.
type collection[R any] interface {
	add(records []R, total int) // total is what the service counts
	size() int                  // the number of different records
	reset()
}

// lister reads one list to its end. Neither order nor stability of the lists is documented, and the count is the only witness of
// completeness: a list is complete when as many different records came as the service counts. Until then it is read again, since pages overlap and
// leave gaps when the order changes between two requests. What it can't see is that one record left and another came between two of its requests: the
// next reading shows that.
type lister[R any] struct {
	what  string // "authorizations of application x": in errors
	op    string
	limit int // of concurrency
	fetch func(ctx context.Context, offset int) ([]R, int, error)
	into  collection[R]
	hash  func(*maphash.Hash, R)

	mu       sync.Mutex // guards into, parts and received
	seed     maphash.Seed
	parts    []part[R] // of this pass
	received int       // in this pass
}

// part is what stood at an offset.
type part[R any] struct {
	offset  int
	records []R
}

// read fills the collection.
func (l *lister[R]) read(ctx context.Context) error {
	l.seed = maphash.MakeSeed()
	for range maxRestarts {
		err := l.collect(ctx)
		if !errors.Is(err, errMoved) {
			return err
		}
		l.into.reset()
	}
	return l.fail("the %s keep changing while they are read: %d attempts had to be given up", l.what, maxRestarts)
}

func (l *lister[R]) fail(format string, args ...any) error {
	return &rest.Error{
		Service: serviceName, Operation: l.op, Message: fmt.Sprintf(format, args...),
		Hint: "Nothing can be decided on an incomplete list. Try again later; if it stays so, report it to the service.",
	}
}

// collect makes passes until the list is complete.
func (l *lister[R]) collect(ctx context.Context) error {
	total, stale, identical := 0, 0, 0
	var last uint64
	for pass := range maxPasses {
		before := l.into.size()
		l.parts, l.received = nil, 0
		count, err := l.pass(ctx)
		if err != nil {
			return err
		}
		if pass > 0 && count != total {
			return errMoved
		}
		total = count
		size := l.into.size()
		switch {
		case size == total:
			return nil
		case total >= 0 && size > total:
			return errMoved // one left and another came in between
		case total < 0 && pass > 0 && size == before:
			return nil // read to its end twice, with no count to compare
		}
		if size > before {
			stale = 0
		} else {
			stale++
		}
		fingerprint := l.fingerprint()
		if pass > 0 && fingerprint == last {
			identical++
		} else {
			identical = 0
		}
		last = fingerprint
		if identical == maxIdentical || stale == maxStale {
			break
		}
	}
	return l.fail("the service counts %d %s, but lists only %d different ones", total, l.what, l.into.size())
}

// pass reads the list once. It gives the service's count, -1 when it can't be trusted: when more came than it counts, or it doesn't say.
func (l *lister[R]) pass(ctx context.Context) (int, error) {
	first, err := l.page(ctx, 0)
	if err != nil {
		return 0, err
	}
	total := first.count
	if total < first.received {
		return -1, l.tail(ctx, first.received, -1)
	}
	if total > maxRecords {
		return 0, l.fail("the service counts %d %s: more than %d can't be handled", total, l.what, maxRecords)
	}
	if first.received == 0 || first.received == total && l.into.size() >= total {
		return total, nil
	}
	step := first.received // the service may have a smaller limit than it documents
	if step < minPage {
		return total, l.tail(ctx, step, total)
	}
	var end atomic.Int64
	end.Store(int64(total))
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(l.limit)
	for from := step; from < total; from += step {
		group.Go(func() error { return l.stretch(inner, from, min(from+step, total), total, &end) })
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	if l.into.size() < total {
		err = l.tail(ctx, max(total, step), total)
	}
	return total, err
}

// stretch reads from one offset to another, with as many requests as it takes. end is where a page was empty.
func (l *lister[R]) stretch(ctx context.Context, from, to, total int, end *atomic.Int64) error {
	for from < to && int64(from) < end.Load() {
		if err := ctx.Err(); err != nil {
			return err // another stretch failed
		}
		p, err := l.page(ctx, from)
		switch {
		case err != nil:
			return err
		case p.count != total:
			return errMoved
		case l.repeats():
			return l.fail("the list of %s has no end: the same records come again and again", l.what)
		case p.received == 0:
			for e := end.Load(); int64(from) < e && !end.CompareAndSwap(e, int64(from)); e = end.Load() {
			}
		}
		from += max(1, p.received)
	}
	return nil
}

// tail reads one page after the other to an empty one. total is -1 when the count is of no use.
func (l *lister[R]) tail(ctx context.Context, from, total int) error {
	for short := 0; ; {
		p, err := l.page(ctx, from)
		if p.received < minPage {
			short++
		}
		switch {
		case err != nil:
			return err
		case total >= 0 && p.count != total:
			return errMoved
		case p.received == 0 || total >= 0 && l.into.size() >= total:
			return nil
		case short > maxShortPages:
			return l.fail("the service sends only %d %s where %d were asked for", p.received, l.what, pageLimit)
		case l.into.size() > maxRecords:
			return l.fail("the list of %s has no end: %d were read", l.what, l.into.size())
		case l.repeats():
			return l.fail("the list of %s has no end: the same records come again and again", l.what)
		}
		from += p.received
	}
}

// repeats tells that a pass brought more records again than any order explains: one at random brings 1.6 for each different one.
func (l *lister[R]) repeats() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.received > 2*l.into.size()+10*pageLimit
}

// page makes one request and takes what it brings.
func (l *lister[R]) page(ctx context.Context, offset int) (page, error) {
	records, count, err := l.fetch(ctx, offset)
	if err != nil {
		return page{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.into.add(records, count)
	l.parts = append(l.parts, part[R]{offset, records})
	l.received += len(records)
	return page{count: count, received: len(records)}, nil
}

// fingerprint sums up the pass: its records and where they stood.
func (l *lister[R]) fingerprint() uint64 {
	var sum uint64
	for _, p := range l.parts {
		var h maphash.Hash
		h.SetSeed(l.seed)
		maphash.WriteComparable(&h, p.offset)
		for _, r := range p.records {
			l.hash(&h, r)
		}
		sum += h.Sum64() // in whatever order the pages arrived
	}
	return sum
}

// pageQuery is the query of one page.
func pageQuery(offset int) url.Values {
	return url.Values{"limit": {strconv.Itoa(pageLimit)}, "offset": {strconv.Itoa(offset)}}
}
