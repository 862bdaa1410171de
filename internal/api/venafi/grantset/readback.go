// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package grantset

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/shared"
	"github.com/appaccess/terraform-provider-appaccess/internal/api/venafi"
)

// CollateralError means that the service, when it revoked a role on one application, took the same
// role on other applications along.
type CollateralError struct {
	Revoked venafi.Grant
	Lost    []venafi.Grant
}

// Error names what was lost.
func (e *CollateralError) Error() string {
	text := fmt.Sprintf("the role %s was revoked as asked, but these roles of the same grantee are gone since then too, and nobody asked for that "+
		"in this run:\n", e.Revoked)
	for _, g := range e.Lost {
		text += fmt.Sprintf("\n  - %s", g)
	}
	return text + "\n\nThe service seems to ignore the application when it revokes a role. Grant these roles again, and do not revoke any role of " +
		"a grantee who holds the same role on other applications before the service is mended."
}

// grantKept is a revoked grant, and what the same grantee holds elsewhere.
type grantKept struct {
	revoked venafi.Grant
	others  []venafi.Grant
}

// othersOf returns what a grantee holds of the same role on other applications, and nobody revokes.
func (r *Run) othersOf(listed *venafi.Listing, g venafi.Grant) []venafi.Grant {
	if !g.Role.OfApplication() {
		return nil
	}
	return slices.DeleteFunc(r.knowledge.ofGrantee(listed, g.Grantee), func(other venafi.Grant) bool {
		return other.Role != g.Role || other.Key() == g.Key() || r.knowledge.isRevoking(other.Key())
	})
}

// mustLook is when a listing has to show what was done. A single grant needs none where the first
// of this run was listed at once, as it was spelled: a thousand single grants must not need a
// thousand listings. What the service has confirmed of a single revoke it did, unless the texts
// that it compares may differ.
func (w *work) mustLook(ctx context.Context) bool {
	switch done := len(w.granted) + len(w.revoked) + len(w.amended); {
	case done == 0 || ctx.Err() != nil:
		return false
	case done > 1 || w.respelt || len(w.kept)+len(w.amended) > 0:
		return true
	case len(w.granted) == 1:
		surprising, err := w.run.probe(ctx, w.granted[0])
		return err == nil && surprising // a listing that fails proves nothing: the service has confirmed the grant
	}
	return false
}

// probe tells whether listings show a grant only some time after it, or under another name. It
// looks at the first grant of this run whose grantee is spelled in the same way.
func (r *Run) probe(ctx context.Context, g venafi.Grant) (surprising bool, err error) {
	r.mu.Lock()
	class := spellingClass(g.Grantee)
	probe := r.probes[class]
	if probe == nil {
		probe = shared.NewReading(func(ctx context.Context, _ shared.Moment) (bool, error) {
			listed, err := r.fresh(ctx)
			if err != nil {
				return false, err
			}
			_, shows := listed.Find(g.Key())
			return !shows, nil
		})
		r.probes[class] = probe
	}
	r.mu.Unlock()
	return probe.Get(ctx, 0)
}

// spellingClass is the same for grantees which a service that rewrites IDs rewrites in the same
// way. The case of a GUID tells nobody from anybody else.
func spellingClass(grantee string) string {
	prefix, universal, _ := strings.Cut(grantee, ":")
	if venafi.IsGUID(universal) {
		return ""
	}
	has := func(is func(rune) bool) bool { return strings.ContainsFunc(universal, is) }
	return fmt.Sprintf("%s:%t%t%t", strings.ToLower(prefix), has(unicode.IsUpper), has(unicode.IsLower), has(func(r rune) bool { return r > unicode.MaxASCII || unicode.IsSpace(r) }))
}

// readBack looks at what the service lists, as often as a listing may lag behind. What was revoked
// and is listed all the same is revoked again under the user's spelling, where that is another one:
// the service may compare texts.
func (w *work) readBack(ctx context.Context) {
	if !w.mustLook(ctx) {
		return
	}
	listed, err := w.await(ctx)
	if err == nil && len(w.lingering(listed)) > 0 && w.respell(ctx, listed) {
		listed, err = w.await(ctx)
	}
	if err != nil {
		if len(w.kept) > 0 {
			w.err = fmt.Errorf("the roles were revoked, but it could not be found out whether the service kept the same role of these grantees on other "+
				"applications: %w", err)
		}
		return
	}
	w.unlisted = slices.DeleteFunc(slices.Clone(w.granted), func(g venafi.Grant) bool { return w.shows(listed, g) })
	lingering := map[venafi.Key]bool{}
	for _, g := range w.lingering(listed) {
		lingering[g.Key()] = true
		w.run.knowledge.note(g, true)
		w.failures = append(w.failures, Failure{Grant: g, Err: fmt.Errorf("the service confirmed that the role was revoked, but it goes on listing it, for %s", shared.Printable(g.Grantee))})
	}
	w.revoked = slices.DeleteFunc(w.revoked, func(g venafi.Grant) bool { return lingering[g.Key()] })
	for _, kept := range w.kept {
		w.collateral(listed, kept)
	}
}

// verifyKept is the look after one revoke that the others wait for.
func (w *work) verifyKept(ctx context.Context, kept grantKept) error {
	listed, err := w.look(ctx, func(listed *venafi.Listing) bool {
		_, old := listed.Find(kept.revoked.Key()) // a listing from before the revoke
		return !old && len(w.lost(listed, kept)) == 0
	})
	if err != nil {
		return fmt.Errorf("the role was revoked, but it could not be found out whether the service kept the same role on other applications: %w", err)
	}
	if w.collateral(listed, kept) {
		w.stop = true
	}
	return nil
}

// collateral records what a revoke took along, and tells whether it did.
func (w *work) collateral(listed *venafi.Listing, kept grantKept) bool {
	lost := w.lost(listed, kept)
	if len(lost) == 0 {
		return false
	}
	for _, g := range lost {
		w.run.knowledge.note(g, false)
	}
	w.failures = append(w.failures, Failure{Grant: kept.revoked, Err: &CollateralError{Revoked: kept.revoked, Lost: lost}})
	return true
}

// await returns a listing that shows all that was done, or the last one that was waited for.
func (w *work) await(ctx context.Context) (*venafi.Listing, error) {
	return w.look(ctx, func(listed *venafi.Listing) bool {
		return w.reads(listed) && !slices.ContainsFunc(w.granted, func(g venafi.Grant) bool { return !w.shows(listed, g) }) && len(w.lingering(listed)) == 0 &&
			!slices.ContainsFunc(w.kept, func(kept grantKept) bool { return len(w.lost(listed, kept)) > 0 })
	})
}

func (w *work) look(ctx context.Context, enough func(*venafi.Listing) bool) (*venafi.Listing, error) {
	for try := 0; ; try++ {
		listed, err := w.run.fresh(ctx)
		if err != nil || try == len(w.run.settle) || enough(listed) {
			return listed, err
		}
		if err := shared.Sleep(ctx, w.run.settle[try]); err != nil {
			return nil, err
		}
	}
}

// shows tells whether a listing shows a grant of this change: as it was sent, or under an ID that
// the service made of it. A row that was not there before, that differs in what services rewrite
// and in nothing else, and that no other grant of this run accounts for, appeared with ours.
func (w *work) shows(listed *venafi.Listing, g venafi.Grant) bool {
	for _, key := range w.change.Wanted.keysOf(g) {
		if _, ok := listed.Find(key); ok {
			return true
		}
	}
	for row := range listed.OfHolding(g.Key().Holding()) {
		_, before := w.before.Find(row.Key())
		if !before && folded(row.Grantee) == folded(g.Grantee) && !w.run.knowledge.isOwn(row.Key()) {
			w.change.Wanted.alias(venafi.CanonicalGrantee(g.Grantee), row.Grantee)
			w.run.knowledge.rename(g, row)
			return true
		}
	}
	return false
}

// folded is equal for texts that differ in letter case, blanks and Unicode form only.
func folded(grantee string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(venafi.CanonicalGrantee(grantee))), " "))
}

// lingering returns what was revoked and is still listed, and nobody has granted again.
func (w *work) lingering(listed *venafi.Listing) []venafi.Grant {
	return slices.DeleteFunc(slices.Clone(w.revoked), func(g venafi.Grant) bool {
		_, still := listed.Find(g.Key())
		return !still || w.run.reservations.Wanted(g.Key())
	})
}

func (w *work) lost(listed *venafi.Listing, kept grantKept) []venafi.Grant {
	return slices.DeleteFunc(slices.Clone(kept.others), func(g venafi.Grant) bool {
		_, still := listed.Find(g.Key())
		return still || w.run.knowledge.isRevoking(g.Key())
	})
}

// respell revokes under the user's spelling what is still listed, and tells whether there was such
// a spelling.
func (w *work) respell(ctx context.Context, listed *venafi.Listing) bool {
	var again []venafi.Grant
	for _, g := range w.lingering(listed) {
		if spelling := w.spelling(g); spelling != g.Grantee {
			spelt := g
			spelt.Grantee = spelling
			again = append(again, spelt)
		}
	}
	w.each(ctx, again, func(g venafi.Grant) error {
		_, err := w.run.send(ctx, w.run.revoke, g, false)
		return err
	})
	return len(again) > 0
}

func keysOf(grants []venafi.Grant) iter.Seq[venafi.Key] {
	return func(yield func(venafi.Key) bool) {
		for _, g := range grants {
			if !yield(g.Key()) {
				return
			}
		}
	}
}

func keySet(grants []venafi.Grant) map[venafi.Key]bool {
	keys := map[venafi.Key]bool{}
	for key := range keysOf(grants) {
		keys[key] = true
	}
	return keys
}
