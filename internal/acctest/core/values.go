// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package core

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// fromJSON reads a value from what JSON would hold; attributes that are left out are null.
func fromJSON(from any, as tftypes.Type) (tftypes.Value, error) {
	text, err := json.Marshal(from)
	if err != nil {
		return tftypes.Value{}, err
	}
	return tftypes.ValueFromJSON(text, as) //nolint:staticcheck // the reading that Terraform's own JSON states get; there is no other
}

// Plain gives a value as JSON holds it. What is unknown becomes null.
func Plain(v tftypes.Value) any {
	if v.IsNull() || !v.IsKnown() {
		return nil
	}
	switch {
	case v.Type().Is(tftypes.String):
		var s string
		must(v.As(&s))
		return s
	case v.Type().Is(tftypes.Bool):
		var b bool
		must(v.As(&b))
		return b
	case v.Type().Is(tftypes.Number):
		n := new(big.Float)
		must(v.As(&n))
		return json.Number(n.Text('f', -1))
	case v.Type().Is(tftypes.Object{}), v.Type().Is(tftypes.Map{}):
		var fields map[string]tftypes.Value
		must(v.As(&fields))
		out := make(map[string]any, len(fields))
		for name, field := range fields {
			out[name] = Plain(field)
		}
		return out
	}
	var elements []tftypes.Value
	must(v.As(&elements))
	out := make([]any, len(elements))
	for i, element := range elements {
		out[i] = Plain(element)
	}
	return out
}

// Attributes gives the attributes of an object as JSON holds them.
func (o *Object) Attributes() map[string]any {
	attributes, _ := Plain(o.Value).(map[string]any)
	return attributes
}

func must(err error) {
	if err != nil {
		panic(err) // the type was asked for just before
	}
}

// fields gives the attributes of an object, nil for a null one.
func fields(v tftypes.Value) map[string]tftypes.Value {
	if v.IsNull() || !v.IsKnown() {
		return nil
	}
	var out map[string]tftypes.Value
	must(v.As(&out))
	return maps.Clone(out) // As hands out the value's own map
}

// proposedNew merges configuration and prior state: what the provider computes and the
// configuration leaves open is taken from the state. See ProposedNew of Terraform's package
// objchange; blocks of this provider compute nothing.
func proposedNew(schema *tfprotov6.Schema, prior, config tftypes.Value) tftypes.Value {
	before, wanted := fields(prior), fields(config)
	out := make(map[string]tftypes.Value, len(wanted))
	for _, attribute := range schema.Block.Attributes {
		v := wanted[attribute.Name]
		if attribute.Computed && v.IsNull() {
			v = tftypes.NewValue(attribute.ValueType(), nil)
			if before != nil {
				v = before[attribute.Name]
			}
		}
		out[attribute.Name] = v
	}
	for _, block := range schema.Block.BlockTypes {
		out[block.TypeName] = wanted[block.TypeName]
	}
	return tftypes.NewValue(config.Type(), out)
}

// checkPlan holds a plan against the configuration: a provider may only choose what the
// configuration leaves open. See AssertPlanValid of Terraform's package objchange.
func checkPlan(schema *tfprotov6.Schema, prior, config, planned tftypes.Value) error {
	if planned.IsNull() {
		return fmt.Errorf("planned nothing for a resource that is configured")
	}
	before, wanted, got := fields(prior), fields(config), fields(planned)
	for _, attribute := range schema.Block.Attributes {
		name := attribute.Name
		switch {
		case wanted[name].Equal(got[name]):
		case before != nil && before[name].Equal(got[name]) && !before[name].IsNull() && !wanted[name].IsNull():
			// Kept the prior value, as for one that means the same.
		case wanted[name].IsNull() && attribute.Computed:
		case !wanted[name].IsFullyKnown():
			if !compatible(wanted[name], got[name]) {
				return fmt.Errorf("planned %s as %s, and the configuration says %s", name, got[name], wanted[name])
			}
		default:
			return fmt.Errorf("planned %s as %s, and the configuration says %s", name, got[name], wanted[name])
		}
	}
	for _, block := range schema.Block.BlockTypes {
		if name := block.TypeName; !wanted[name].Equal(got[name]) {
			return fmt.Errorf("planned %s as %s, and the configuration says %s", name, got[name], wanted[name])
		}
	}
	return nil
}

// compatible tells whether got is what was promised: equal wherever the promise was known. See
// AssertObjectCompatible of Terraform's package objchange.
func compatible(promised, got tftypes.Value) bool {
	switch {
	case !promised.IsKnown():
		return true
	case !got.IsKnown():
		return false
	case promised.IsFullyKnown():
		return promised.Equal(got)
	case promised.IsNull() || got.IsNull():
		return promised.IsNull() == got.IsNull()
	}
	switch {
	case promised.Type().Is(tftypes.Object{}), promised.Type().Is(tftypes.Map{}):
		a, b := fields(promised), fields(got)
		if len(a) != len(b) {
			return false
		}
		for name := range a {
			if _, ok := b[name]; !ok || !compatible(a[name], b[name]) {
				return false
			}
		}
		return true
	case promised.Type().Is(tftypes.Set{}):
		return true // which element became which can't be told
	}
	var a, b []tftypes.Value
	must(promised.As(&a))
	must(got.As(&b))
	return slices.EqualFunc(a, b, compatible)
}

// withUnknown makes attributes of a configuration unknown.
func withUnknown(schema *tfprotov6.Schema, config tftypes.Value, names []string) tftypes.Value {
	if len(names) == 0 {
		return config
	}
	out := fields(config)
	for _, attribute := range schema.Block.Attributes {
		if slices.Contains(names, attribute.Name) {
			out[attribute.Name] = tftypes.NewValue(attribute.ValueType(), tftypes.UnknownValue)
		}
	}
	return tftypes.NewValue(config.Type(), out)
}

// unknownAsNull is what Terraform keeps of a value that a failed apply left unknown.
func unknownAsNull(v tftypes.Value) tftypes.Value {
	out, err := tftypes.Transform(v, func(_ *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if !v.IsKnown() {
			return tftypes.NewValue(v.Type(), nil), nil
		}
		return v, nil
	})
	must(err)
	return out
}

func dynamic(v tftypes.Value) *tfprotov6.DynamicValue {
	d, err := tfprotov6.NewDynamicValue(v.Type(), v)
	must(err)
	return &d
}
