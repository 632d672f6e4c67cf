/* SPDX-License-Identifier: MIT */

#include "report.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Pixels. */
enum {
	LEFT = 180,  /* where the bars begin */
	WIDTH = 560, /* of the longest bar */
	RIGHT = 80,  /* for the figure beside it */
	BAR = 12,
	LINE = 17,
	GAP = 22,
	TOP = 40, /* for the scale */
};

/* The scale: powers of ten of a nanosecond. */
static const char *const scale[] = {"10 ns",  "100 ns", "1 us", "10 us",
				    "100 us", "1 ms",	"10 ms"};
static const double lowest = 1;
static const double highest = 7;

static bool shown(const struct bench_workload *workload)
{
	return workload->kind == BENCH_ROUND_TRIP || workload->kind == BENCH_ONE_WAY ||
	       workload->kind == BENCH_ONE_WAY_BATCH;
}

static double position(double nanoseconds)
{
	double share = (log10(nanoseconds) - lowest) / (highest - lowest);

	return WIDTH * (share < 0.01 ? 0.01 : share > 1 ? 1 : share);
}

static const char *class_of(const struct contender *contender)
{
	if (strcmp(contender->name, "naru") == 0 ||
	    strcmp(contender->name, "System V on naru") == 0)
		return "n";
	/* The physical limit is no way to exchange messages. */
	return strncmp(contender->name, "bare ring", 9) == 0 ? "r" : "o";
}

static double draw_workload(const struct bench_results *results, size_t workload,
			    double y, FILE *file)
{
	size_t order[BENCH_CONTENDERS_MAX];
	size_t ranked = bench_report_rank(results, workload, order);

	if (ranked == 0)
		return y;
	fprintf(file, "<text x=\"%d\" y=\"%.0f\" class=\"h\">%s</text>\n", LEFT,
		y + LINE - 5, bench_workloads[workload].title);
	y += LINE;
	for (double power = lowest; power <= highest; power++)
		fprintf(file, "<path class=\"g\" d=\"M%.0f %.0fv%zu\"/>\n",
			LEFT + position(pow(10, power)), y, ranked * LINE);
	for (size_t i = 0; i < ranked; i++, y += LINE) {
		const struct contender *who = results->contenders[order[i]];
		double value = bench_results_cell(results, workload, order[i])
				       ->summary.median.value;
		char text[16];

		bench_format_ns(value, text, sizeof(text));
		fprintf(file,
			"<text x=\"%d\" y=\"%.0f\" class=\"e\">%s</text>"
			"<rect x=\"%d\" y=\"%.0f\" width=\"%.1f\" height=\"%d\" "
			"class=\"%s\"/>"
			"<text x=\"%.1f\" y=\"%.0f\">%s</text>\n",
			LEFT - 6, y + BAR, who->name, LEFT, y + (LINE - BAR) / 2.0,
			position(value), BAR, class_of(who), LEFT + position(value) + 5,
			y + BAR, text);
	}
	return y + GAP;
}

static double height_of(const struct bench_results *results)
{
	size_t order[BENCH_CONTENDERS_MAX];
	double height = TOP;

	for (size_t i = 0; i < bench_workload_count; i++) {
		size_t ranked = shown(&bench_workloads[i])
					? bench_report_rank(results, i, order)
					: 0;

		if (ranked > 0)
			height += (double)(ranked + 1) * LINE + GAP;
	}
	return height;
}

/* Colours that can be read on white and on black. */
static const char style[] =
	"<style>text{font:12px sans-serif;fill:#57606a}.h{font-weight:bold}"
	".e{text-anchor:end}.m{text-anchor:middle}.g{stroke:#8886;stroke-width:1}.n{fill:"
	"#d9622b}.r{fill:#8888}"
	".o{fill:#5b8db8}"
	"@media(prefers-color-scheme:dark){text{fill:#c3c9d0}}</style>\n";

static void draw(const struct bench_results *results, FILE *file)
{
	double height = height_of(results);
	double y = TOP;

	fprintf(file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\" "
		"viewBox=\"0 0 %d %.0f\">\n%s",
		LEFT + WIDTH + RIGHT, height, LEFT + WIDTH + RIGHT, height, style);
	fprintf(file,
		"<text x=\"%d\" y=\"14\">Time of a message, or of a round trip: "
		"shorter is better. The scale is logarithmic.</text>\n",
		LEFT);
	for (double power = lowest; power <= highest; power++)
		fprintf(file, "<text x=\"%.0f\" y=\"30\" class=\"m\">%s</text>\n",
			LEFT + position(pow(10, power)), scale[(size_t)(power - lowest)]);
	for (size_t i = 0; i < bench_workload_count; i++)
		if (shown(&bench_workloads[i]))
			y = draw_workload(results, i, y, file);
	fputs("</svg>\n", file);
}

int bench_report_svg(const struct bench_results *results, const char *path)
{
	FILE *file = fopen(path, "we");
	int r = 0;

	if (!file)
		return -errno;
	draw(results, file);
	if (ferror(file))
		r = -EIO;
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	return r;
}
