#!/bin/sh
# Takes new texts of the window into the .ts files and compiles them into the .qm; run it from the repository's root
# inside the development environment. The texts of the metric catalogue and of the agent's actions stand by hand in
# metrics_zh_CN.ts and agent_zh_CN.ts, which tests hold complete; those of findings are collected from the analysis,
# which lupdate does not understand.
set -eu
pyside6-lupdate $(find memgui/ui -name '*.py' | sort) -ts resources/translations/memgui_zh_CN.ts \
    -source-language en -target-language zh_CN -no-obsolete -locations none
python resources/translations/findings.py
pyside6-lrelease resources/translations/memgui_zh_CN.ts resources/translations/metrics_zh_CN.ts \
    resources/translations/agent_zh_CN.ts resources/translations/findings_zh_CN.ts \
    -qm resources/translations/memgui_zh_CN.qm
