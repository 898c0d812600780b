# SPDX-License-Identifier: Apache-2.0
# Reads the stat files of synth_ecp5.sh, prints a table in Markdown and writes `json`. A unit's own figures are without the units inside it.
# LUT = LUT4 + 2 CCU2C + 6 DPR16X4, as nextpnr packs them. Queues stand four times in the core.

function short(name) {
    sub(/^\$paramod.*\\/, "", name)
    sub(/\\.*/, "", name)
    return name
}
FNR == 1 { part = FILENAME; sub(/.*\//, "", part); sub(/\.stat$/, "", part); parts[++nparts] = part }
/^=== design hierarchy/ { unit = ""; next }
/^===/ {
    raw = $2
    if (raw ~ /^\$paramod\\/) { raw2 = raw; sub(/^\$paramod\\/, "", raw2); name = raw2; sub(/\\.*/, "", name) } else name = short(raw)
    unit = part "/" raw
    units[++n] = unit; label[unit] = name; of[unit] = part
    if (raw == part) own[part] = unit
    next
}
unit != "" && NF == 2 && $2 ~ /^[0-9]+$/ && $1 !~ /:$/ { cell[unit, $1] = $2; types[unit] = types[unit] " " $1 }

function count(unit, times,    t, k, list) {
    k = split(types[unit], list, " ")
    total[unit] += times
    for (t = 1; t <= k; t++)
        if ((of[unit] "/" list[t]) in label)
            count(of[unit] "/" list[t], times * cell[unit, list[t]])
}
function emit(name, times, luts, ffs, mults, brams, rams) {
    printf "| `%s` | %d | %d | %d | %d | %d | %d | %d | %d |\n", name, times, luts, ffs, mults, brams, times * luts, times * mults, times * brams
    printf "%s    {\"unit\": \"%s\", \"count\": %d, \"lut\": %d, \"ff\": %d, \"mult18\": %d, \"dp16kd\": %d, \"dpr16x4\": %d}", comma, name, times, luts, ffs, mults, brams, rams > json
    comma = ",\n"
    lut_sum += times * luts; ff_sum += times * ffs; mult_sum += times * mults; bram_sum += times * brams
}
function percent(x, of_) { return sprintf("%.0f%%", 100 * x / of_) }

END {
    print "| unit, without those inside | count | LUT | FF | MULT18X18D | DP16KD | all: LUT | MULT18X18D | DP16KD |"
    print "|---|---|---|---|---|---|---|---|---|"
    printf "{\n  \"target\": \"%s\", \"tool\": \"%s\", \"date\": \"%s\",\n  \"units\": [\n", target, tool, date > json
    for (p = 1; p <= nparts; p++) count(own[parts[p]], parts[p] == "qn_queue" ? 4 : 1)
    for (p = 1; p <= nparts; p++)
        for (i = 1; i <= n; i++) {
            u = units[i]
            if (of[u] != parts[p] || !total[u]) continue
            emit(label[u], total[u], cell[u, "LUT4"] + 2 * cell[u, "CCU2C"] + 6 * cell[u, "TRELLIS_DPR16X4"], cell[u, "TRELLIS_FF"],
                 cell[u, "MULT18X18D"], cell[u, "DP16KD"], cell[u, "TRELLIS_DPR16X4"])
        }
    placed = 1.2 * lut_sum
    printf "| **sum** | | | %d | | | **%d** | **%d** | **%d** |\n", ff_sum, lut_sum, mult_sum, bram_sum
    printf "| placed (x 1.2) and share of an LFE5U-85F | | | %s | | | %.0f, **%s** | **%s** | **%s** |\n", percent(ff_sum, 83640), placed,
           percent(placed, 83640), percent(mult_sum, 156), percent(bram_sum, 208)
    printf "\n  ],\n  \"sum\": {\"lut\": %d, \"lut_placed\": %.0f, \"ff\": %d, \"mult18\": %d, \"dp16kd\": %d},\n", lut_sum, placed, ff_sum, mult_sum, bram_sum > json
    printf "  \"device\": {\"name\": \"LFE5U-85F\", \"lut\": 83640, \"ff\": 83640, \"mult18\": 156, \"dp16kd\": 208}\n}\n" > json
}
