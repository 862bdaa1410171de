// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

// Package mockbackend is the three services of the provider on one listener: Workspace and IAM of
// Huawei Cloud, the EnOS gateway, and Venafi Trust Protection Platform. Their paths are disjoint.
// An admin API below /_mock/ shows and changes the data, switches and faults of a running mock; it
// answers this machine only.
//
// Nothing here is shared with the clients that it tests.
package mockbackend

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Options of a Backend. The zero value is a mock with the default seed and all switches in their
// first position.
type Options struct {
	// Seed is the data; nil is [DefaultSeed].
	Seed *Seed
	// Log gets one line for each request; nil is silent.
	Log hclog.Logger
	// Now is the clock of the services; nil is the real one.
	Now func() time.Time
	// Latency is waited for before each request is handled.
	Latency time.Duration
	// Quota is that of Huawei Cloud; nil is the documented one.
	Quota *huaweicloud.Quota
}

// Backend is the mock. Its parts may be used directly, also while it serves.
type Backend struct {
	Huaweicloud *huaweicloud.Backend
	Enos        *enos.Backend
	Venafi      *venafi.Backend
	// Recorder keeps the requests of all services, Faults spoils them.
	Recorder *wire.Recorder
	Faults   *wire.Faults

	services []service
	admin    http.Handler
	editing  sync.Mutex // one edit by the admin API at a time
}

// New returns a mock. The error says what is wrong with the seed.
func New(options Options) (*Backend, error) {
	b := &Backend{Recorder: &wire.Recorder{}, Faults: &wire.Faults{}}
	of := func(name string) wire.Service {
		s := wire.Service{Name: name, Now: options.Now, Recorder: b.Recorder, Faults: b.Faults, Latency: options.Latency}
		if options.Log != nil {
			s.Log = options.Log.Named(name)
		}
		return s
	}
	b.Huaweicloud = huaweicloud.New(of(huaweicloud.ServiceName), huaweicloud.Seed{}, huaweicloud.Switches{})
	b.Enos = enos.New(of(enos.ServiceName), enos.Seed{}, enos.Switches{})
	b.Venafi = venafi.New(of(venafi.ServiceName), venafi.Seed{}, venafi.Switches{})
	if options.Quota != nil {
		b.Huaweicloud.SetQuota(*options.Quota)
	}
	seed := options.Seed
	if seed == nil {
		seed = new(DefaultSeed())
	}
	if err := b.Restore(*seed); err != nil {
		return nil, err
	}
	b.services = []service{
		&mounted[huaweicloud.Seed, huaweicloud.Switches]{huaweicloud.ServiceName, b.Huaweicloud, huaweicloud.FaultKinds},
		&mounted[enos.Seed, enos.Switches]{enos.ServiceName, b.Enos, enos.FaultKinds},
		&mounted[venafi.Seed, venafi.Switches]{venafi.ServiceName, b.Venafi, venafi.FaultKinds},
	}
	b.admin = b.adminAPI()
	return b, nil
}

// Restore replaces the data of all services. The error names the service whose seed is wrong; those
// before it are replaced by then.
func (b *Backend) Restore(seed Seed) error {
	if err := b.Huaweicloud.Restore(seed.Huaweicloud); err != nil {
		return fmt.Errorf("%s: %w", huaweicloud.ServiceName, err)
	}
	if err := b.Enos.Restore(seed.Enos); err != nil {
		return fmt.Errorf("%s: %w", enos.ServiceName, err)
	}
	if err := b.Venafi.Restore(seed.Venafi); err != nil {
		return fmt.Errorf("%s: %w", venafi.ServiceName, err)
	}
	return nil
}

// Snapshot returns the data of all services as it is now, without secrets.
func (b *Backend) Snapshot() Seed {
	return Seed{Huaweicloud: b.Huaweicloud.Snapshot(), Enos: b.Enos.Snapshot(), Venafi: b.Venafi.Snapshot()}
}

// ServeHTTP hands a request to the admin API or to the service that its path belongs to. What
// belongs to none goes to Huawei Cloud, whose gateway says that there is no such API.
func (b *Backend) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isAdmin(r.URL.Path) {
		b.admin.ServeHTTP(w, r)
		return
	}
	for _, s := range b.services {
		if s.owns(r.URL.Path) {
			s.ServeHTTP(w, r)
			return
		}
	}
	b.Huaweicloud.ServeHTTP(w, r)
}
