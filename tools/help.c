/* SPDX-License-Identifier: MIT */
/* tools/help.c - naru help: what there is, and how to use it */

#include <tools/command.h>

#include <stdio.h>
#include <tools/options.h>
#include <tools/report.h>

static void print_option(const struct nr_option *option)
{
	char names[64];
	char letter[8] = "    ";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	snprintf(names, sizeof(names), "%s--%s%s%s", letter, option->name,
		 option->value ? " " : "", option->value ? option->value : "");
	printf("  %-22s %s\n", names, option->help);
}

void nr_command_help_print(const struct nr_command *command)
{
	static const struct nr_option common[] = {
		{.name = "space",
		 .value = "DIR",
		 .help = "the space; default $NARU_SPACE or "
			 "/dev/shm/naru-UID"},
		{.name = "help", .letter = 'h', .help = "show this"},
	};

	printf("usage: naru %s %s\n\n%s\n", command->name, command->usage,
	       command->summary);
	if (command->text)
		printf("\n%s", command->text);
	putchar('\n');
	for (const struct nr_option *option = command->options; option && option->name;
	     option++)
		print_option(option);
	print_option(&common[0]);
	print_option(&common[1]);
}

static void print_all(void)
{
	puts("naru - message queues and memory that processes share\n\n"
	     "usage: naru [--space DIR] COMMAND [ARGUMENT...]\n");
	for (int i = 0; nr_commands[i]; i++)
		printf("  %-8s  %s\n", nr_commands[i]->name, nr_commands[i]->summary);
	puts("\n"
	     "  --space DIR  the space; default $NARU_SPACE or /dev/shm/naru-UID\n"
	     "  --version    show the version\n"
	     "\n"
	     "try:    naru send --create jobs hello\n"
	     "        naru receive jobs\n"
	     "\n"
	     "More: naru help COMMAND, man naru, man 7 naru, man naru_queue.");
}

static int run(struct nr_tool *tool, int argc, char **argv)
{
	int first = nr_options_parse(tool, &nr_command_help, argc, argv, NULL);

	if (first <= 0)
		return -first;
	if (argc == first)
		print_all();
	for (int i = first; i < argc; i++) {
		const struct nr_command *command = nr_command_find(argv[i]);

		if (!command) {
			nr_failed("there is no command %s; see: naru help", argv[i]);
			return NR_BAD_USAGE;
		}
		nr_command_help_print(command);
	}
	return NR_OK;
}

const struct nr_command nr_command_help = {
	.name = "help",
	.usage = "[COMMAND...]",
	.summary = "show what there is, or how to use a command",
	.run = run,
};
