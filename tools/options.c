/* SPDX-License-Identifier: MIT */
/* tools/options.c - the options of a command, read by its table */

#include <tools/options.h>

#include <getopt.h>
#include <string.h>
#include <tools/report.h>

enum {
	OPTIONS_MAX = 24,
	/* What getopt_long() returns for entry i of the table, and for our own. */
	FIRST = 256,
	HELP = FIRST + OPTIONS_MAX,
	SPACE,
};

struct table {
	struct option longs[OPTIONS_MAX + 3];
	char letters[3 + 3 + 2 * OPTIONS_MAX];
};

static void fill_table(const struct nr_command *command, struct table *ret_table)
{
	const struct nr_option *options = command->options;
	struct option *entry = ret_table->longs;
	char *letter = ret_table->letters;

	if (command->strict)
		*letter++ = '+';
	*letter++ = ':'; /* tell a missing value from an unknown option */
	for (int i = 0; options && options[i].name; i++) {
		int has = options[i].value ? required_argument : no_argument;

		*entry++ = (struct option){options[i].name, has, NULL, FIRST + i};
		if (options[i].letter) {
			*letter++ = options[i].letter;
			if (has == required_argument)
				*letter++ = ':';
		}
	}
	*letter++ = 'h';
	*letter = '\0';
	*entry++ = (struct option){"help", no_argument, NULL, HELP};
	*entry++ = (struct option){"space", required_argument, NULL, SPACE};
	*entry = (struct option){NULL, 0, NULL, 0};
}

static const struct nr_option *option_of(const struct nr_option *options, int found)
{
	for (int i = 0; options && options[i].name; i++) {
		if (found == FIRST + i || (found != 0 && found == options[i].letter))
			return &options[i];
	}
	return NULL;
}

static int explain(const struct nr_command *command, int found, char *const *argv)
{
	const struct nr_option *option = option_of(command->options, optopt);

	if (found == ':' && option)
		return nr_bad_usage(command, "--%s needs a value: %s", option->name,
				    option->value);
	if (found == ':')
		return nr_bad_usage(command, "--space needs a value: DIR");
	if (option)
		return nr_bad_usage(command, "--%s takes no value", option->name);
	if (optopt == HELP)
		return nr_bad_usage(command, "--help takes no value");
	if (optopt)
		return nr_bad_usage(command,
				    "unknown option -%c (put -- before what is no "
				    "option)",
				    optopt);
	return nr_bad_usage(command,
			    "unknown or ambiguous option %s (put -- before what is "
			    "no option)",
			    argv[optind - 1]);
}

int nr_options_parse(struct nr_tool *tool, const struct nr_command *command, int argc,
		     char **argv, void *ret_values)
{
	struct table table;
	int found;

	fill_table(command, &table);
	optind = 0; /* glibc: start anew */
	opterr = 0;
	while ((found = getopt_long(argc, argv, table.letters, table.longs, NULL)) !=
	       -1) {
		const struct nr_option *option = option_of(command->options, found);
		const char *wanted;

		if (found == 'h' || found == HELP) {
			nr_command_help_print(command);
			return -NR_OK;
		}
		if (found == SPACE && !*optarg)
			return -nr_bad_usage(command, "--space needs a value: DIR");
		if (found == SPACE) {
			tool->space_path = optarg;
			continue;
		}
		if (!option)
			return -explain(command, found, argv);
		void *field = (char *)ret_values + option->offset;

		if (!option->value) {
			*(bool *)field = true;
			continue;
		}
		wanted = option->parse(optarg, field);
		if (wanted)
			return -nr_bad_usage(command, "--%s must be %s, not \"%s\"",
					     option->name, wanted, optarg);
	}
	return optind;
}
