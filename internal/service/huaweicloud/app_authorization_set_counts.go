// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"maps"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud/authset"
	"github.com/appaccess/terraform-provider-appaccess/internal/service/access"
)

// reader is what an operation reads applications by. prior is nil in a create. The counting is nil where every account is to be
// read; where a count once confirmed accounts whose spelling nobody has seen yet, it reads every account and learns that.
func (s *sets) reader(wanted authset.Set, prior *set) (authset.Workspace, *authset.Counting) {
	var run *authset.Counts
	if s.data.HuaweicloudCounts != nil {
		run = s.data.HuaweicloudCounts()
	}
	if prior == nil {
		prior = &set{}
	}
	if run == nil && !prior.memory.Unseen {
		return s.client, nil
	}
	remembered := prior.memory.Memory
	if access.Moved() {
		remembered.Counts = nil // it may be another installation
	}
	counting := authset.NewCounting(s.client, run, wanted, prior.tracked(), remembered)
	return counting, counting
}

// tracked is the set as its state has it, with the spellings that are remembered.
func (s set) tracked() authset.Tracked {
	t := authset.Tracked{Set: s.Set, Missing: s.missing}
	t.Spelled = s.memory.Spelled
	return t
}

// learn takes down spellings that no earlier run has seen.
func (s *set) learn(counting *authset.Counting) {
	if learned := counting.Learned(); len(learned) > 0 {
		spelled := maps.Clone(s.memory.Spelled)
		if spelled == nil {
			spelled = authset.Spellings{}
		}
		maps.Copy(spelled, learned)
		s.memory.Spelled = spelled
	}
}
