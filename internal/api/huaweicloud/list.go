// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

const (
	// pageLimit is the largest limit of the lists (vendor pages ListAppAuthorizations and
	// ListApps).
	pageLimit = 100
	// maxPageBytes is far above what a page of applications with the longest descriptions takes.
	maxPageBytes = 4 << 20
	// minPage is how short the pages of a longer list may be, and maxShortPages how many shorter
	// ones are put up with: they would take requests without end.
	minPage       = 10
	maxShortPages = 50
	// maxRecords is where a list is taken for one without an end.
	maxRecords = 500_000
	// maxPasses is how often a list is read that comes in another order with every request, and
	// maxStale how many passes in a row may show nothing new: one misses a certain record with a
	// chance of 37 %.
	maxPasses = 20
	maxStale  = 5
	// maxRestarts is how often a list may change while it is read.
	maxRestarts = 5
)

// errMoved tells that the list changed while it was read.
var errMoved = errors.New("the list changed while it was read")

// page is what one request of a list brought.
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

// lister reads one list to its end. Neither order nor stability of the lists is documented, and the
// count is the only witness of completeness: a list is complete when as many different records came
// as the service counts. Until then it is read again, a few times, since pages overlap and leave
// gaps when the order changes between two requests. What it can't see is that one record left and
// another came between two of its requests: the next reading shows that.
type lister[R any] struct {
	what   string // "authorizations of application x": in errors
	op     string
	limit  int // of concurrency
	fetch  func(ctx context.Context, offset int) ([]R, int, error)
	into   collection[R]
	counts *atomic.Bool // the run has seen a list go on behind what is counted: the count is that of a page, or capped

	mu       sync.Mutex // guards into and received
	received int        // in this pass
}

// read fills the collection.
func (l *lister[R]) read(ctx context.Context) error {
	total, stale, restarts := 0, 0, 0
	for pass := 0; pass < maxPasses && stale < maxStale; pass++ {
		before := l.into.size()
		l.received = 0
		count, err := l.pass(ctx)
		size := l.into.size()
		switch {
		case err != nil && !errors.Is(err, errMoved):
			return err
		case err != nil, count >= 0 && size > count, pass > 0 && count != total:
			if restarts++; restarts == maxRestarts {
				return l.fail("the %s keep changing while they are read: %d attempts had to be given up", l.what, maxRestarts)
			}
			l.into.reset() // what came and what left can't be told apart
			pass, stale = -1, 0
			continue
		case size == count, count < 0 && pass > 0 && size == before:
			return nil // without a count, it was read to its end twice
		}
		total = count
		if stale++; size > before {
			stale = 0
		}
	}
	return l.fail("the service counts %d %s, but lists only %d different ones", total, l.what, l.into.size())
}

func (l *lister[R]) fail(format string, args ...any) error {
	return &rest.Error{
		Service: serviceName, Operation: l.op, Message: fmt.Sprintf(format, args...),
		Hint: "Nothing can be decided on an incomplete list. Try again later; if it stays so, report it to the service.",
	}
}

// pass reads the list once. It gives the service's count, -1 when it can't be trusted: when more
// came than it counts, or it doesn't say, or it is wrong of long lists.
func (l *lister[R]) pass(ctx context.Context) (int, error) {
	first, err := l.page(ctx, 0)
	if err != nil {
		return 0, err
	}
	total := first.count
	switch {
	case total < first.received, first.received == pageLimit && l.counts.Load():
		return -1, l.tail(ctx, first.received, -1)
	case total > maxRecords:
		return 0, l.fail("the service counts %d %s: more than %d can't be handled", total, l.what, maxRecords)
	case first.received == 0, first.received == total && total < pageLimit && l.into.size() >= total:
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
	switch {
	case l.into.size() < total:
		err = l.tail(ctx, max(total, step), total)
	case total%step == 0:
		return l.doubt(ctx, total)
	}
	return total, err
}

// doubt asks for the page after a full one that is the last that the service counts: a full page is
// never taken for the last one.
func (l *lister[R]) doubt(ctx context.Context, total int) (int, error) {
	next, err := l.page(ctx, total)
	switch {
	case err != nil:
		return 0, err
	case next.received == 0:
		return total, nil
	case next.count > total:
		return 0, errMoved
	}
	l.counts.Store(true)
	return -1, l.tail(ctx, total+next.received, -1)
}

// stretch reads from one offset to another, with as many requests as it takes. end is where a page
// was empty.
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
		case p.received == 0:
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

// repeats tells that a pass brought more records again than any order explains: one at random
// brings 1.6 for each different one.
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
	l.received += len(records)
	return page{count: count, received: len(records)}, nil
}

// pageQuery is the query of one page.
func pageQuery(offset int) url.Values {
	return url.Values{"limit": {strconv.Itoa(pageLimit)}, "offset": {strconv.Itoa(offset)}}
}
