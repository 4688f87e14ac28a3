# Makes this folder: python make_deberta.py OUT, with transformers 5.18.0, torch 2.13.0 and safetensors.
import torch, json, sys, os
from transformers import DebertaV2Config, DebertaV2ForSequenceClassification
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position
from safetensors.torch import save_file
out = sys.argv[1]; os.makedirs(out, exist_ok=True)
torch.manual_seed(7)
config = DebertaV2Config(vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
    hidden_act="gelu", max_position_embeddings=8, position_buckets=4, relative_attention=True, share_att_key=True,
    pos_att_type=["p2c", "c2p"], norm_rel_ebd="layer_norm", position_biased_input=False, type_vocab_size=0,
    max_relative_positions=-1, layer_norm_eps=1e-7, pooler_hidden_size=16, pooler_hidden_act="gelu", num_labels=2, pad_token_id=0,
    attn_implementation="eager")
model = DebertaV2ForSequenceClassification(config).eval()
with torch.no_grad():
    for name, p in model.named_parameters():
        p.copy_(torch.randn_like(p) * (0.3 if p.dim() > 1 else 0.2) + (1.0 if "LayerNorm.weight" in name else 0.0))
tensors = {k: v.contiguous() for k, v in model.state_dict().items()}
save_file(tensors, f"{out}/model.safetensors")
json.dump(config.to_dict(), open(f"{out}/config.json", "w"), indent=1, default=str)
cases = [[1, 5, 9, 2], [1, 2], [7], [1, 39, 20, 30, 11, 12, 13, 2], [1, 4, 5, 6, 4, 5, 6, 2]]
golden = {"cases": []}
with torch.no_grad():
    for ids in cases:
        logits = model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long)).logits
        golden["cases"].append({"ids": ids, "logits": logits[0].tolist()})
distances = torch.arange(0, 512)
golden["buckets"] = make_log_bucket_position(distances, 256, 512).tolist()
json.dump(golden, open(f"{out}/golden.json", "w"))
print(golden["cases"], [golden["buckets"][i] for i in (127,128,129,130,160,200,256,300,384,400,511)])
