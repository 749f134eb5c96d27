"""The soak test: hostile files and a crowd of visitors, from one command and one seed.

python -m bench.soak --seed 8 --per-format 5000 --seconds 600 --sessions 50 --out soak.json
"""
